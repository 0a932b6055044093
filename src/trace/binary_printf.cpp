// SPDX-License-Identifier: GPL-3.0-or-later
//
// The packing: an integer is aligned to its size, 64 bits to four bytes only; a string is copied with its NUL; a `%p`
// that is an address or a name of code is kept as an address, any other kind (`%pI4`) as the text it gives.
#include "trace/binary_printf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "base/bytes.hpp"

namespace alicia::trace {
namespace {

constexpr int kMostWidth = 4096;

/// Takes packed arguments one after the other.
class Arguments {
 public:
  explicit Arguments(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::optional<std::uint64_t> integer(std::size_t size, bool is_signed) {
    const std::size_t alignment = std::min<std::size_t>(size, 4);
    at_ = (at_ + alignment - 1) & ~(alignment - 1);
    if (!fits(at_, size, bytes_.size())) return std::nullopt;
    std::uint64_t value = 0;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), size,
                std::as_writable_bytes(std::span(&value, 1)).begin());
    at_ += size;
    const auto unused = static_cast<unsigned>(64 - 8 * size);
    return is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused) : value;
  }
  std::optional<std::string_view> text() {
    const std::string_view rest = as_text(bytes_.subspan(std::min(at_, bytes_.size())));
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    at_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

/// One `%…` taken apart.
struct Conversion {
  std::string flags;
  std::optional<int> width, precision;
  std::size_t bytes = 4;
  char kind = '%';
  char extension = 0;  ///< the letter behind `%p`
};

class Formatter {
 public:
  Formatter(std::string_view format, std::span<const std::byte> arguments, FunctionNames& names)
      : format_(format), arguments_(arguments), names_(names) {}

  std::string run();

 private:
  bool has(std::string_view letters) const {
    return at_ < format_.size() && letters.find(format_[at_]) != std::string_view::npos;
  }
  bool number(std::optional<int>& value);
  bool parse(Conversion& conversion);
  void length(Conversion& conversion);
  bool put(const Conversion& conversion);
  bool put_pointer(const Conversion& conversion);
  void put_text(const Conversion& conversion, std::string_view text);
  void put_integer(const Conversion& conversion, std::uint64_t value);

  std::string_view format_;
  Arguments arguments_;
  FunctionNames& names_;
  std::string text_;
  std::size_t at_ = 0;
};

/// A width or precision: digits, or `*`, which an argument stands for. False where that is missing.
bool Formatter::number(std::optional<int>& value) {
  if (has("*")) {
    ++at_;
    const auto given = arguments_.integer(4, true);
    if (!given) return false;
    value = static_cast<int>(std::clamp<std::int64_t>(static_cast<std::int64_t>(*given), -kMostWidth, kMostWidth));
    return true;
  }
  while (has("0123456789")) {
    value = std::min(value.value_or(0) * 10 + (format_[at_] - '0'), kMostWidth);
    ++at_;
  }
  return true;
}

void Formatter::length(Conversion& conversion) {
  if (has("h")) {
    ++at_;
    conversion.bytes = has("h") ? 1 : 2;
    if (has("h")) ++at_;
  } else if (has("lLqztjZ")) {
    conversion.bytes = 8;
    ++at_;
    if (has("l")) ++at_;
  }
}

bool Formatter::parse(Conversion& conversion) {
  while (has("-+ #0"))
    conversion.flags += format_[at_++];
  if (!number(conversion.width)) return false;
  if (has(".")) {
    ++at_;
    conversion.precision = 0;
    if (!number(conversion.precision)) return false;
  }
  length(conversion);
  if (at_ < format_.size()) conversion.kind = format_[at_++];
  if (conversion.kind == 'p' && at_ < format_.size() && std::isalnum(static_cast<unsigned char>(format_[at_])) != 0) {
    conversion.extension = format_[at_];
    while (at_ < format_.size() && std::isalnum(static_cast<unsigned char>(format_[at_])) != 0)
      ++at_;
  }
  return true;
}

void Formatter::put_text(const Conversion& conversion, std::string_view text) {
  if (conversion.precision && *conversion.precision >= 0)
    text = text.substr(0, static_cast<std::size_t>(*conversion.precision));
  const int width = conversion.width.value_or(0);
  const std::size_t room = static_cast<std::size_t>(width < 0 ? -width : width);
  const std::string padding(room > text.size() ? room - text.size() : 0, ' ');
  const bool left = width < 0 || conversion.flags.find('-') != std::string::npos;
  text_ += left ? std::string(text) + padding : padding + std::string(text);
}

void Formatter::put_integer(const Conversion& conversion, std::uint64_t value) {
  std::string pattern = "%" + conversion.flags;
  if (conversion.width) pattern += fmt::format("{}", *conversion.width);
  if (conversion.precision && *conversion.precision >= 0) pattern += fmt::format(".{}", *conversion.precision);
  pattern += "ll";
  pattern += conversion.kind;
  std::array<char, 2 * kMostWidth + 128> text{};
  const int length = std::snprintf(text.data(), text.size(), pattern.c_str(), value);
  if (length > 0) text_.append(text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1));
}

bool Formatter::put_pointer(const Conversion& conversion) {
  constexpr std::string_view kept_as_address = "SsBFfxK";
  if (conversion.extension != 0 && kept_as_address.find(conversion.extension) == std::string_view::npos) {
    const auto text = arguments_.text();
    if (text) put_text(conversion, *text);
    return text.has_value();
  }
  const auto address = arguments_.integer(8, false);
  if (!address) return false;
  switch (conversion.extension) {
    case 's':
    case 'f': put_text(conversion, names_.plain(*address)); break;
    case 'S':
    case 'B':
    case 'F': put_text(conversion, names_.with_offset(*address)); break;
    default: put_text(conversion, fmt::format("{:016x}", *address));
  }
  return true;
}

bool Formatter::put(const Conversion& conversion) {
  switch (conversion.kind) {
    case '%': text_ += '%'; return true;
    case 'p': return put_pointer(conversion);
    case 's': {
      const auto text = arguments_.text();
      if (text) put_text(conversion, *text);
      return text.has_value();
    }
    case 'c': {
      const auto letter = arguments_.integer(1, false);
      if (letter) put_text(conversion, std::string(1, static_cast<char>(*letter)));
      return letter.has_value();
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
      const auto value = arguments_.integer(conversion.bytes, conversion.kind == 'd' || conversion.kind == 'i');
      if (value) put_integer(conversion, *value);
      return value.has_value();
    }
    default: return false;
  }
}

std::string Formatter::run() {
  while (at_ < format_.size()) {
    const char letter = format_[at_++];
    if (letter != '%') {
      text_ += letter;
      continue;
    }
    Conversion conversion;
    if (!parse(conversion) || !put(conversion)) return text_ + "(cut off)";
  }
  return text_;
}

}  // namespace

std::string format_binary(std::string_view format, std::span<const std::byte> arguments, FunctionNames& names) {
  return Formatter(format, arguments, names).run();
}

}  // namespace alicia::trace
