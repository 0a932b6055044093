// SPDX-License-Identifier: GPL-3.0-or-later
//
// C text of values and types, and what is known of the dump itself: Alicia::c_value, c_definition, dump_info,
// has_debugger. They are not exported.
#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "perl/build.hpp"
#include "types/printer.hpp"

namespace alicia::perl {
namespace {

/// The name of an address as gdb has it: `sys_flock+25`.
std::optional<std::string> name_at(State& state, VirtualAddress address) {
  const target::Target* target = state.session.target();
  if (target == nullptr) return std::nullopt;
  const auto found = target->symbol_at(address);
  if (!found) return std::nullopt;
  return found->offset == 0 ? found->symbol.name : fmt::format("{}+{}", found->symbol.name, found->offset);
}

/// c_value(TYPE, ADDRESS [, PATH [, HEXADECIMAL [, WIDTH [, BRIEF]]]]): the value there in C form; with WIDTH, structs
/// within that fit a line of that width stand in one; with BRIEF, members that are zero are left out.
void xs_c_value(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items >= 2 && items <= 6,
                    "c_value(TYPE, ADDRESS [, PATH [, HEXADECIMAL [, WIDTH [, BRIEF]]]])");
  State& state = state_of(cv);
  const Text type = text_argument(aTHX_ ST(0));
  const std::uint64_t address = address_argument(aTHX_ state, ST(1));
  const Text path = items > 2 ? text_argument(aTHX_ ST(2)) : Text{"", 0};
  const bool hexadecimal = items > 3 && SvTRUE(ST(3));
  const std::uint64_t width = items > 4 ? number_argument(aTHX_ ST(4), "width", 1000) : 0;
  const bool brief = items > 5 && SvTRUE(ST(5));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    types::TypeSystem& types = state.calls.types();
    const MemoryReader& memory = state.calls.memory();
    const Result<types::TypeRef> found = state.calls.type(type.view());
    if (!found) return failure(found);
    types::Place place{VirtualAddress{address}, *found};
    if (path.length != 0) {
      const auto walked = types::walk_path(memory, types, {VirtualAddress{address}, *found}, path.view());
      if (!walked) return failure(walked);
      place = *walked;
    }
    types::PrintStyle style;
    style.hexadecimal = hexadecimal;
    style.line_width = static_cast<std::size_t>(width);
    style.leave_out_zeros = brief;
    style.shapes = &state.calls.shapes();
    style.name_of = [&state](VirtualAddress at) { return name_at(state, at); };
    return new_text(aTHX_ types::print_value(memory, types, place, style));
  });
  XSRETURN(1);
}

/// c_definition(TYPE [, OFFSETS]): the definition of a struct, union or enumeration.
void xs_c_definition(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1 || items == 2, "c_definition(TYPE [, OFFSETS])");
  State& state = state_of(cv);
  const Text type = text_argument(aTHX_ ST(0));
  const bool offsets = items > 1 && SvTRUE(ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.type(type.view()).map([&](types::TypeRef found) {
      return new_text(aTHX_ types::print_definition(state.calls.types(), found, offsets));
    });
  });
  XSRETURN(1);
}

void store_text(pTHX_ HV* hash, const char* key, std::string_view text) {
  (void)hv_store(hash, key, static_cast<I32>(std::strlen(key)), new_text(aTHX_ text), 0);
}

/// dump_info(): a reference to a hash of what is known of the files: kernel, map, folders (a list: of dumps, where none
/// is open), refused and reason (of a dump that could not be opened). With the engine: files (a list), format, warnings
/// (a list), live (true) where it is the running kernel's memory, and where the dump says so level and timestamp
/// (seconds since 1970).
void xs_dump_info(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "dump_info()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    HV* facts = newHV();
    AV* files = newAV();
    AV* warnings = newAV();
    AV* folders = newAV();
    const session::Settings& settings = state.session.settings();
    store_text(aTHX_ facts, "kernel", settings.kernel_file);
    store_text(aTHX_ facts, "map", settings.map_file);
    if (settings.refused) {
      store_text(aTHX_ facts, "refused", settings.refused->file);
      store_text(aTHX_ facts, "reason", settings.refused->reason);
    }
    for (const auto& folder : settings.dump_folders)
      av_push(folders, new_text(aTHX_ folder));
    if (const target::Target* target = state.session.target()) {
      const dump::DumpInfo& info = target->dump().info();
      for (const auto& file : info.files)
        av_push(files, new_text(aTHX_ file.native()));
      for (const auto& warning : target->warnings())
        av_push(warnings, new_text(aTHX_ warning));
      store_text(aTHX_ facts, "format", info.format);
      if (target->dump().info().live) (void)hv_stores(facts, "live", newSViv(1));
      if (info.dump_level) (void)hv_stores(facts, "level", newSVuv(*info.dump_level));
      if (info.timestamp) (void)hv_stores(facts, "timestamp", newSVuv(*info.timestamp));
    }
    (void)hv_stores(facts, "files", newRV_noinc(reinterpret_cast<SV*>(files)));
    (void)hv_stores(facts, "folders", newRV_noinc(reinterpret_cast<SV*>(folders)));
    (void)hv_stores(facts, "warnings", newRV_noinc(reinterpret_cast<SV*>(warnings)));
    return newRV_noinc(reinterpret_cast<SV*>(facts));
  });
  XSRETURN(1);
}

/// has_debugger(): whether a debugger stands behind the prompt.
void xs_has_debugger(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "has_debugger()");
  EXTEND(SP, 1);
  ST(0) = boolSV(state_of(cv).session.debugger() != nullptr);
  XSRETURN(1);
}

}  // namespace

void define_text(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::c_value", xs_c_value);
  define(aTHX_ state, "Alicia::c_definition", xs_c_definition);
  define(aTHX_ state, "Alicia::dump_info", xs_dump_info);
  define(aTHX_ state, "Alicia::has_debugger", xs_has_debugger);
}

}  // namespace alicia::perl
