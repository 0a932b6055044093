// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace alicia::test {

/// A copy of a dump in which every `text` is overwritten, so that lines of VMCOREINFO that start so are gone. Removed
/// with the object.
class BlankedCopy {
 public:
  BlankedCopy(const std::filesystem::path& original, std::initializer_list<std::string> texts)
      : path_(std::filesystem::temp_directory_path() /
              ("alicia-blanked-" + std::to_string(getpid()) + "-" + std::to_string(number()))) {
    std::ifstream in(original, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    for (const std::string& text : texts) {
      unsigned found = 0;
      for (std::size_t at = 0; (at = bytes.find(text, at)) != std::string::npos; at += text.size(), ++found)
        bytes.replace(at, text.size(), std::string(text.size(), '#'));
      if (found == 0) throw std::runtime_error("no " + text + " in " + original.string());
    }
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  ~BlankedCopy() { std::filesystem::remove(path_); }
  BlankedCopy(const BlankedCopy&) = delete;
  BlankedCopy& operator=(const BlankedCopy&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  static unsigned number() {
    static std::atomic<unsigned> count = 0;
    return ++count;
  }
  std::filesystem::path path_;
};

}  // namespace alicia::test
