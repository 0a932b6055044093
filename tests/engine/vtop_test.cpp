// SPDX-License-Identifier: GPL-3.0-or-later
// Translations against crash's own walk of the same page tables.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "engine/factory.hpp"
#include "target/target.hpp"

namespace alicia::target {
namespace {

constexpr std::size_t addresses_asked = 10'000;

/// Where a kernel has things: all physical memory in a row, the struct pages, its image, modules.
std::vector<VirtualAddress> random_addresses(const Target& target) {
  const auto value = [&](std::string_view symbol) {
    std::uint64_t content = 0;
    const auto read =
        target.memory().read(target.symbol(symbol)->address, std::as_writable_bytes(std::span(&content, 1)));
    if (!read) throw std::runtime_error(read.error().message);
    return content;
  };
  std::vector<std::uint64_t> in_modules;
  target.for_each_symbol([&](const symbols::Symbol& symbol) {
    if (!symbol.module.empty()) in_modules.push_back(symbol.address.value);
    return true;
  });
  const std::uint64_t pages = target.dump().info().max_page_frame;
  const std::uint64_t direct = value("page_offset_base"), structs = value("vmemmap_base");
  const std::uint64_t text = target.symbol("_text")->address.value, end = target.symbol("_end")->address.value;
  std::mt19937_64 random(20051129);
  std::vector<VirtualAddress> addresses;
  while (addresses.size() < addresses_asked) {
    switch (random() % 4) {
      case 0: addresses.emplace_back(direct + random() % (pages * 4096)); break;
      case 1: addresses.emplace_back(structs + random() % (pages * 64)); break;
      case 2: addresses.emplace_back(text + random() % (2 * (end - text))); break;  // and what lies behind it
      default: addresses.emplace_back(in_modules[random() % in_modules.size()]); break;
    }
  }
  return addresses;
}

/// crash's physical addresses. What it says of an address that isn't mapped differs by where the walk ended, and its
/// second column may be a number all the same: an entry of 0 in the walk tells.
std::map<std::uint64_t, std::optional<std::uint64_t>> ask_crash(const std::vector<VirtualAddress>& addresses) {
  const auto commands = std::filesystem::temp_directory_path() / fmt::format("alicia-vtop-{}", getpid());
  {
    std::ofstream file(commands);
    for (std::size_t at = 0; at < addresses.size(); ++at)
      file << (at % 50 == 0 ? "\nvtop -k" : "") << fmt::format(" {:x}", addresses[at].value);
    file << "\nquit\n";
  }
  const std::string command = fmt::format("crash -s --no_crashrc --no_scroll '{}' '{}' <'{}' 2>/dev/null",
                                          test::debuginfo("sysrq-6.1").vmlinux.string(),
                                          (test::scenario("sysrq-6.1") / "dump.kdump").string(), commands.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::map<std::uint64_t, std::optional<std::uint64_t>> answers;
  std::optional<std::uint64_t> current;
  char text[512];
  bool is_next = false;
  while (pipe && std::fgets(text, sizeof text, pipe.get()) != nullptr) {
    std::istringstream words(text);
    std::string first, second;
    words >> first >> second;
    if (is_next) {
      current = std::stoull(first, nullptr, 16);
      const bool is_number = second.find_first_not_of("0123456789abcdef") == std::string::npos;
      answers[*current] = is_number ? std::optional(std::stoull(second, nullptr, 16)) : std::nullopt;
    }
    is_next = first == "VIRTUAL";
    if (current && std::string_view(text).find("=> 0\n") != std::string_view::npos) answers[*current].reset();
  }
  std::filesystem::remove(commands);
  return answers;
}

TEST(Translation, IsCrashs) {
  const auto target = test::open_scenario("sysrq-6.1");
  const auto addresses = random_addresses(*target);
  const auto expected = ask_crash(addresses);
  unsigned mapped = 0, unmapped = 0;
  for (const VirtualAddress address : addresses) {
    const auto answer = expected.find(address.value);
    ASSERT_NE(answer, expected.end()) << fmt::format("crash gave no answer for {:#x}", address.value);
    const auto ours = target->translator().translate(address);
    ASSERT_EQ(ours.has_value(), answer->second.has_value()) << fmt::format("{:#x}", address.value);
    if (ours) {
      ASSERT_EQ(ours->physical.value, *answer->second) << fmt::format("{:#x}", address.value);
    } else {
      ASSERT_EQ(ours.error().code, ErrorCode::unmapped) << ours.error().message;
    }
    ++(ours ? mapped : unmapped);
  }
  EXPECT_GT(mapped, 7'000U);
  EXPECT_GT(unmapped, 200U);
}

}  // namespace
}  // namespace alicia::target
