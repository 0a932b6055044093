// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dump/file.hpp"

namespace alicia::dump {

/// A field of a dump file's header for people to read.
struct HeaderField {
  std::string name;
  std::string value;
  std::string remark;  ///< why it can't be right; empty where nothing speaks against it
};

/// The fields of the file's header, as the format has them that its first bytes speak of; where they speak of none, the
/// first bytes.
std::vector<HeaderField> header_fields(const File& file);

}  // namespace alicia::dump
