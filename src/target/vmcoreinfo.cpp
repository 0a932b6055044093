// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/vmcoreinfo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace alicia::target {
namespace {

template <class Number>
std::optional<Number> parse(std::optional<std::string_view> text, int base) {
  if (!text) return std::nullopt;
  if (base == 16 && (text->starts_with("0x") || text->starts_with("0X"))) text->remove_prefix(2);
  Number value{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value, base);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

Vmcoreinfo::Vmcoreinfo(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(std::string_view("\n\0", 2));
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && equals != 0)
      lines_.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  std::ranges::stable_sort(lines_, {}, &std::pair<std::string, std::string>::first);
}

std::optional<std::string_view> Vmcoreinfo::text(std::string_view key) const {
  const auto line =
      std::ranges::lower_bound(lines_, key, {}, [](const auto& pair) { return std::string_view(pair.first); });
  if (line == lines_.end() || line->first != key) return std::nullopt;
  return line->second;
}

std::optional<std::uint64_t> Vmcoreinfo::hex(std::string_view key) const {
  return parse<std::uint64_t>(text(key), 16);
}

std::optional<std::int64_t> Vmcoreinfo::decimal(std::string_view key) const {
  return parse<std::int64_t>(text(key), 10);
}

std::optional<VirtualAddress> Vmcoreinfo::symbol(std::string_view name) const {
  const auto value = hex(fmt::format("SYMBOL({})", name));
  return value ? std::optional(VirtualAddress{*value}) : std::nullopt;
}

std::optional<std::int64_t> Vmcoreinfo::number(std::string_view name) const {
  return decimal(fmt::format("NUMBER({})", name));
}

void Vmcoreinfo::for_each_symbol(const std::function<void(std::string_view, VirtualAddress)>& visit) const {
  constexpr std::string_view before = "SYMBOL(";
  for (const auto& [key, value] : lines_) {
    if (!key.starts_with(before) || !key.ends_with(')')) continue;
    const std::string_view name = std::string_view(key).substr(before.size(), key.size() - before.size() - 1);
    if (const auto address = parse<std::uint64_t>(value, 16)) visit(name, VirtualAddress{*address});
  }
}

}  // namespace alicia::target
