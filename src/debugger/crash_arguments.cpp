// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/crash_arguments.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace alicia::debugger {
namespace {

// Those of crash's options that take the next word. `-g` may, and prints and leaves.
constexpr std::array<std::string_view, 23> options_with_value{"-i",
                                                              "-d",
                                                              "-e",
                                                              "-c",
                                                              "-p",
                                                              "-o",
                                                              "-m",
                                                              "--machdep",
                                                              "--memory_module",
                                                              "--memory_device",
                                                              "--log",
                                                              "--cpus",
                                                              "--osrelease",
                                                              "--p2m_mfn",
                                                              "--xen_phys_start",
                                                              "--mod",
                                                              "--src",
                                                              "--reloc",
                                                              "--hash",
                                                              "--kaslr",
                                                              "--kvmhost",
                                                              "--kvmio",
                                                              "--offline"};

}  // namespace

CrashArguments sort_crash_arguments(const std::vector<std::string>& given,
                                    const std::function<FileRole(const std::string& file)>& role_of, bool hand_on_map) {
  CrashArguments sorted;
  bool is_value = false;
  for (const std::string& word : given) {
    const bool is_option = !is_value && word.starts_with('-');
    bool keep = true;
    if (!is_option && !is_value) {
      const std::string file = word.substr(0, word.rfind('@'));
      std::string* place = nullptr;
      switch (role_of(file)) {
        case FileRole::dump: place = &sorted.dump; break;
        case FileRole::kernel: place = &sorted.kernel; break;
        case FileRole::map:
          place = &sorted.map;
          keep = hand_on_map;
          break;
        case FileRole::other: break;
      }
      if (place && place->empty()) *place = file;
    }
    is_value =
        is_option && std::find(options_with_value.begin(), options_with_value.end(), word) != options_with_value.end();
    if (keep) sorted.arguments.push_back(word);
  }
  return sorted;
}

}  // namespace alicia::debugger
