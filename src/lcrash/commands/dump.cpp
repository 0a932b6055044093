// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bytes.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 26;
constexpr std::size_t kLineBytes = 16;
constexpr std::size_t kChunk = 4096;

struct Form {
  unsigned unit = 4;  // bytes
  char radix = 'x';

  std::string number(std::span<const std::byte> bytes) const {
    std::uint64_t value = 0;
    for (unsigned i = unit; i-- > 0;)
      value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    switch (radix) {
      case 'd': return fmt::format("{:{}}", value, decimal_columns());
      case 'o': return fmt::format("{:0{}o}", value, (unit * 8 + 2) / 3);
      default: return fmt::format("{:0{}x}", value, unit * 2);
    }
  }
  unsigned decimal_columns() const { return unit == 1 ? 3 : unit == 2 ? 5 : unit == 4 ? 10 : 20; }
};

Form form_of(const Arguments& arguments) {
  Form form;
  form.unit = arguments.has('B') ? 1 : arguments.has('H') ? 2 : arguments.has('D') ? 8 : 4;
  form.radix = arguments.has('d') ? 'd' : arguments.has('o') ? 'o' : 'x';
  return form;
}

std::string line(const Form& form, std::span<const std::byte> bytes) {
  std::string numbers, letters;
  for (std::size_t at = 0; at + form.unit <= bytes.size(); at += form.unit)
    numbers += form.number(bytes.subspan(at)) + " ";
  for (const std::byte each : bytes) {
    const char letter = std::to_integer<char>(each);
    letters += letter >= ' ' && letter < 0x7f ? letter : '.';
  }
  const std::size_t full = (form.number(std::vector<std::byte>(8)).size() + 1) * (kLineBytes / form.unit);
  return fmt::format("{:<{}} : {}\n", numbers, full - 1, letters);
}

/// The bytes up to a hole, in whole units.
Result<void> read_some(const target::Target& target, bool physical, std::uint64_t address, std::span<std::byte> out,
                       unsigned unit, std::size_t& got) {
  got = 0;
  const auto read_at = [&](std::size_t from, std::size_t length) -> Result<void> {
    const auto part = out.subspan(from, length);
    if (physical) return target.dump().read(PhysicalAddress{address + from}, part);
    return target.memory().read(VirtualAddress{address + from}, part);
  };
  if (read_at(0, out.size())) {
    got = out.size();
    return {};
  }
  for (; got < out.size(); got += unit)
    if (auto done = read_at(got, unit); !done) return done;
  return {};
}

}  // namespace

Result<void> run_dump(Context& context, const Arguments& arguments) {
  if (arguments.words.empty() || arguments.words.size() > 2) return usage("dump");
  target::Target& target = context.target();
  const bool physical = arguments.has('p');
  const auto start = resolve_address(target, arguments.words[0]);
  if (!start) return failure(start);
  const auto count = arguments.words.size() < 2 ? 1 : resolve_count(arguments.words[1], kMostUnits);
  if (!count) return failure(count);
  const Form form = form_of(arguments);
  const std::uint64_t bytes = *count * form.unit;
  if (bytes - 1 > (target.pointer_bytes() == 4 && !physical ? 0xffffffffU : ~std::uint64_t{0}) - start->value)
    return failure(ErrorCode::bad_address, "the range wraps around", start->value);

  std::vector<std::byte> chunk(kChunk);
  for (std::uint64_t done = 0; done < bytes && !context.should_stop();) {
    const auto wanted = std::span(chunk).first(static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, bytes - done)));
    std::size_t got = 0;
    auto read = read_some(target, physical, start->value + done, wanted, form.unit, got);
    for (std::size_t at = 0; at < got; at += kLineBytes)
      context.print("{}: {}", context.address(*start + done + at),
                    line(form, wanted.subspan(at, std::min(kLineBytes, got - at))));
    if (!read) return read;
    done += got;
  }
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  return {};
}

}  // namespace alicia::lcrash
