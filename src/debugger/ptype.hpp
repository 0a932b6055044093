// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "types/type.hpp"

namespace alicia::debugger {

struct PtypeBody;

/// A member as `ptype /o` prints it.
struct PtypeMember {
  /// C, without width and semicolon: `char comm[16]`; where there is a body, only what is around it: `const`, ` *x[2]`.
  std::string before, declarator;
  std::uint64_t bit_offset = 0;  ///< from the start of the body it stands in
  std::uint32_t bitfield_bits = 0;
  std::unique_ptr<PtypeBody> body;  ///< of a struct or union printed in place, its own or a named one
};

/// A struct or union.
struct PtypeBody {
  types::Kind kind = types::Kind::structure;
  std::string tag;  ///< empty: anonymous
  std::uint64_t size = 0;
  bool complete = true;  ///< false: declared, never defined
  std::vector<PtypeMember> members;
};

/// Reads the answer to gdb's `ptype /o` of a struct or union. Error: corrupt, where it is something else.
Result<PtypeBody> parse_ptype(std::string_view text);

/// Reads the same without what stands before each line: a struct or union as C has it, a line a member. Neither sizes
/// nor offsets are known then. Error: corrupt, where it is something else.
Result<PtypeBody> parse_definition(std::string_view text);

}  // namespace alicia::debugger
