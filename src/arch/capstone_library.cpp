// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/capstone_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <optional>

namespace alicia::arch {
namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

std::optional<CapstoneLibrary> load_capstone() {
  // The headers' own major version: another one lays its structures out differently.
  void* library = dlopen(fmt::format("libcapstone.so.{}", CS_API_MAJOR).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  CapstoneLibrary made;
  const bool whole = find(library, "cs_open", made.open) && find(library, "cs_close", made.close) &&
                     find(library, "cs_option", made.option) && find(library, "cs_strerror", made.strerror) &&
                     find(library, "cs_malloc", made.malloc) && find(library, "cs_free", made.free) &&
                     find(library, "cs_disasm_iter", made.disasm_iter) &&
                     find(library, "cs_insn_group", made.insn_group);
  return whole ? std::optional(made) : std::nullopt;
}

}  // namespace

const CapstoneLibrary* CapstoneLibrary::get() {
  static const std::optional<CapstoneLibrary> library = load_capstone();
  return library ? &*library : nullptr;
}

}  // namespace alicia::arch
