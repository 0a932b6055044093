// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls that only the engine answers (symbol_at, symbols, vtop), and those about CPUs, which are built on symbols
// and memory where there is no engine.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "target/cpu_page_tables.hpp"
#include "target/health.hpp"
//
#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

constexpr UV kMaxCpus = 8192;
constexpr UV kMaxUserBytes = UV{64} << 20;

void xs_symbol_at(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "symbol_at(ADDRESS)");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "symbol_at");
    if (!target) return failure(target);
    const auto found = (*target)->symbol_at(VirtualAddress{address});
    if (!found) return newSV(0);
    std::string text = found->symbol.name;
    if (found->offset != 0) text += fmt::format("+{:#x}", found->offset);
    if (!found->symbol.module.empty()) text += fmt::format(" [{}]", found->symbol.module);
    return newSVpvn(text.data(), text.size());
  });
  XSRETURN(1);
}

SV* describe_symbol(pTHX_ State& state, const symbols::Symbol& symbol) {
  HV* fields = newHV();
  (void)hv_stores(fields, "name", newSVpvn(symbol.name.data(), symbol.name.size()));
  (void)hv_stores(fields, "address", new_address(aTHX_ state, symbol.address.value));
  (void)hv_stores(fields, "type", newSVpvn(&symbol.type, 1));
  (void)hv_stores(fields, "module", newSVpvn(symbol.module.data(), symbol.module.size()));
  return newRV_noinc(reinterpret_cast<SV*>(fields));
}

/// _symbols(PREFIX, SUFFIX...): a reference to an array of the symbols whose names begin and end so (with any of
/// several endings), each a hash; the Perl side makes a list of it.
void xs_symbols(pTHX_ CV* cv) {
  dXSARGS;
  constexpr SSize_t most_endings = 8;
  require_arguments(aTHX_ items >= 1 && items <= 1 + most_endings, "symbols(PREFIX, SUFFIX...)");
  State& state = state_of(cv);
  const Text prefix = text_argument(aTHX_ ST(0));
  std::array<std::string_view, most_endings> endings{};
  const auto count = static_cast<std::size_t>(items - 1);
  for (std::size_t index = 0; index < count; ++index)
    endings.at(index) = text_argument(aTHX_ ST(static_cast<SSize_t>(index) + 1)).view();
  const auto ends = [&](std::string_view name) {
    return count == 0 || std::any_of(endings.begin(), endings.begin() + static_cast<std::ptrdiff_t>(count),
                                     [&](std::string_view ending) { return name.ends_with(ending); });
  };
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "symbols");
    if (!target) return failure(target);
    AV* list = newAV();
    bool interrupted = false;
    (*target)->for_each_symbol([&](const symbols::Symbol& symbol) {
      interrupted = state.session.cancellation().requested();
      if (symbol.name.starts_with(prefix.view()) && ends(symbol.name))
        av_push(list, describe_symbol(aTHX_ state, symbol));
      return !interrupted;
    });
    SV* reference = newRV_noinc(reinterpret_cast<SV*>(list));
    if (!interrupted) return reference;
    SvREFCNT_dec(reference);
    return failure(ErrorCode::interrupted, "interrupted");
  });
  XSRETURN(1);
}

void xs_vtop(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "vtop(ADDRESS)");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "vtop");
    if (!target) return failure(target);
    return (*target)->translator().translate(VirtualAddress{address}).map([&](const arch::Translation& translation) {
      return new_address(aTHX_ state, translation.physical.value);
    });
  });
  XSRETURN(1);
}

void xs_user_vtop(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "user_vtop(TASK, ADDRESS)");
  State& state = state_of(cv);
  const std::uint64_t task = address_argument(aTHX_ state, ST(0));
  const std::uint64_t address = address_argument(aTHX_ state, ST(1));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "user_vtop");
    if (!target) return failure(target);
    return (*target)
        ->translate_user(VirtualAddress{task}, VirtualAddress{address})
        .map(
            [&](const arch::Translation& translation) { return new_address(aTHX_ state, translation.physical.value); });
  });
  XSRETURN(1);
}

void xs_cpu_page_tables(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "cpu_page_tables(CPU)");
  State& state = state_of(cv);
  const std::size_t cpu = number_argument(aTHX_ ST(0), "the CPU of cpu_page_tables", 1 << 20);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "cpu_page_tables");
    if (!target) return failure(target);
    return target::cpu_page_tables(**target, static_cast<unsigned>(cpu)).map([&](const target::CpuPageTables& tables) {
      return new_address(aTHX_ state, tables.root.value);
    });
  });
  XSRETURN(1);
}

void xs_read_user(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3, "read_user(TASK, ADDRESS, BYTES)");
  State& state = state_of(cv);
  const std::uint64_t task = address_argument(aTHX_ state, ST(0));
  const std::uint64_t address = address_argument(aTHX_ state, ST(1));
  const std::size_t count = number_argument(aTHX_ ST(2), "the length of read_user", kMaxUserBytes);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "read_user");
    if (!target) return failure(target);
    std::vector<std::byte> bytes(count);
    if (const auto read = (*target)->read_user(VirtualAddress{task}, VirtualAddress{address}, bytes); !read)
      return failure(read);
    return newSVpvn(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  XSRETURN(1);
}

void xs_vmcoreinfo(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "vmcoreinfo(KEY)");
  State& state = state_of(cv);
  const Text key = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "vmcoreinfo");
    if (!target) return failure(target);
    const auto found = (*target)->vmcoreinfo().text(key.view());
    return found ? newSVpvn(found->data(), found->size()) : newSV(0);
  });
  XSRETURN(1);
}

SV* describe_item(pTHX_ const target::HealthItem& item) {
  HV* fields = newHV();
  (void)hv_stores(fields, "what", newSVpvn(item.what.data(), item.what.size()));
  (void)hv_stores(fields, "examined", newSVuv(item.examined));
  (void)hv_stores(fields, "missing", newSVuv(item.missing));
  return newRV_noinc(reinterpret_cast<SV*>(fields));
}

void xs_dump_health(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "dump_health()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<target::Target*> target = engine(state, "dump_health");
    if (!target) return failure(target);
    const Cancellation& cancellation = state.session.cancellation();
    const target::Health health = target::examine(**target, target::HealthScope::all, cancellation);
    if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
    AV* found = newAV();
    for (const target::HealthItem& item : health.items)
      av_push(found, describe_item(aTHX_ item));
    AV* warnings = newAV();
    if (!health.cut_off.empty()) av_push(warnings, newSVpvn(health.cut_off.data(), health.cut_off.size()));
    for (const std::string& warning : health.warnings)
      av_push(warnings, newSVpvn(warning.data(), warning.size()));
    HV* fields = newHV();
    (void)hv_stores(fields, "items", newRV_noinc(reinterpret_cast<SV*>(found)));
    (void)hv_stores(fields, "warnings", newRV_noinc(reinterpret_cast<SV*>(warnings)));
    return newRV_noinc(reinterpret_cast<SV*>(fields));
  });
  XSRETURN(1);
}

/// What to add to a per-CPU symbol for one CPU's copy.
Result<std::uint64_t> per_cpu_offset(State& state, unsigned cpu) {
  if (state.session.api_is_native()) return state.session.target()->per_cpu_offset(cpu);
  const Result<VirtualAddress> table = state.calls.symbol("__per_cpu_offset");
  if (!table) return failure(table);
  return state.calls.read_pointer(*table + std::uint64_t{cpu} * state.calls.pointer_bytes())
      .map([](VirtualAddress offset) { return offset.value; });
}

Result<unsigned> possible_cpus(State& state) {
  if (state.session.api_is_native()) return state.session.target()->possible_cpus();
  const Result<VirtualAddress> count = state.calls.symbol("nr_cpu_ids");
  if (!count) return failure(count);
  std::array<std::byte, 4> bytes{};
  const Result<void> read = state.calls.read(*count, bytes);
  if (!read) return failure(read);
  const auto number = load<std::uint32_t>(bytes);
  if (number == 0 || number > kMaxCpus) return failure(ErrorCode::corrupt, fmt::format("nr_cpu_ids is {}", number));
  return number;
}

Result<std::vector<unsigned>> online_cpus(State& state) {
  if (state.session.api_is_native()) return state.session.target()->online_cpus();
  const Result<unsigned> possible = possible_cpus(state);
  if (!possible) return failure(possible);
  const Result<VirtualAddress> mask = state.calls.symbol("__cpu_online_mask");
  if (!mask) return failure(mask);
  std::vector<std::byte> bits((std::size_t{*possible} + 63) / 64 * 8);
  const Result<void> read = state.calls.read(*mask, bits);
  if (!read) return failure(read);
  std::vector<unsigned> online;
  for (unsigned cpu = 0; cpu < *possible; ++cpu) {
    if ((std::to_integer<unsigned>(bits[cpu / 8]) >> cpu % 8 & 1U) != 0) online.push_back(cpu);
  }
  return online;
}

void xs_per_cpu(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "per_cpu(SYMBOL or ADDRESS, CPU)");
  State& state = state_of(cv);
  SV* what = ST(0);
  SvGETMAGIC(what);
  // A name is text that is no address of ours: dualvars, numbers and objects are offsets already.
  const bool named = SvPOK(what) && !SvIOK(what) && !SvROK(what);
  const Text name = named ? text_argument(aTHX_ what) : Text{"", 0};
  const std::uint64_t offset = named ? 0 : address_argument(aTHX_ state, what);
  const auto cpu = static_cast<unsigned>(number_argument(aTHX_ ST(1), "the CPU of per_cpu", kMaxCpus));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<VirtualAddress> symbol = named ? state.calls.symbol(name.view()) : VirtualAddress{offset};
    if (!symbol) return failure(symbol);
    const Result<unsigned> possible = possible_cpus(state);
    if (!possible) return failure(possible);
    if (cpu >= *possible) {
      return failure(ErrorCode::bad_argument, fmt::format("no CPU {}: this kernel has {}", cpu, *possible));
    }
    return per_cpu_offset(state, cpu).map([&](std::uint64_t distance) {
      return new_address(aTHX_ state, symbol->value + distance);
    });
  });
  XSRETURN(1);
}

/// A reference to an array of CPU numbers.
void xs_cpus(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 0, "cpus()");
  State& state = state_of(cv);
  EXTEND(SP, 1);
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return online_cpus(state).map([&](const std::vector<unsigned>& online) {
      AV* list = newAV();
      for (const unsigned cpu : online)
        av_push(list, newSVuv(cpu));
      return newRV_noinc(reinterpret_cast<SV*>(list));
    });
  });
  XSRETURN(1);
}

}  // namespace

void define_symbols(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::symbol_at", xs_symbol_at);
  define(aTHX_ state, "Alicia::_symbols", xs_symbols);
  define(aTHX_ state, "Alicia::vtop", xs_vtop);
  define(aTHX_ state, "Alicia::user_vtop", xs_user_vtop);
  define(aTHX_ state, "Alicia::read_user", xs_read_user);
  define(aTHX_ state, "Alicia::cpu_page_tables", xs_cpu_page_tables);
  define(aTHX_ state, "Alicia::vmcoreinfo", xs_vmcoreinfo);
  define(aTHX_ state, "Alicia::dump_health", xs_dump_health);
  define(aTHX_ state, "Alicia::per_cpu", xs_per_cpu);
  define(aTHX_ state, "Alicia::_cpus", xs_cpus);
}

}  // namespace alicia::perl
