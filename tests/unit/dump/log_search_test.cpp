// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/log_search.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace alicia::dump {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

constexpr std::size_t kPage = 4096;

/// Memory, as bytes that can be looked at page by page.
class Memory {
 public:
  explicit Memory(std::size_t pages) : bytes_(pages * kPage) {}

  /// Writes a record as the kernel does: the message with its level is shortened and moved; where it ended stays.
  void put(std::size_t& at, std::uint64_t id, const std::string& message) {
    std::string text = message + message.substr(message.size() - 2) + "\n";
    text.resize((text.size() + 7) / 8 * 8, '\0');
    std::memcpy(&bytes_[at], &id, sizeof id);
    std::memcpy(&bytes_[at + sizeof id], text.data(), text.size());
    at += sizeof id + text.size();
  }
  void fill(std::byte with) { std::ranges::fill(bytes_, with); }
  std::span<std::byte> bytes() { return bytes_; }

  std::vector<std::string> search(std::uint64_t first_page = 100) const {
    LogSearch search;
    for (std::size_t page = 0; page < bytes_.size() / kPage; ++page)
      search.look_at(first_page + page, std::span{bytes_}.subspan(page * kPage, kPage));
    return search.records();
  }

 private:
  std::vector<std::byte> bytes_;
};

TEST(LogSearch, FindsRecordsAcrossPages) {
  Memory memory(8);
  std::size_t at = 3 * kPage - 200;
  std::vector<std::string> messages;
  for (std::uint64_t id = 1000; id < 1150; ++id) {
    messages.push_back(fmt::format("device {}: link is up, {} Mbit/s", id, id * 7));
    memory.put(at, id, messages.back());
  }
  EXPECT_THAT(memory.search(), ElementsAreArray(messages));
}

TEST(LogSearch, PutsTheEndOfTheRingBeforeItsBeginning) {
  Memory memory(2);
  std::size_t at = 0;
  for (const std::uint64_t id : {2U, 3U, 4U})
    memory.put(at, id, fmt::format("late message number {}", id));
  std::size_t again = kPage;
  memory.put(again, (std::uint64_t{1} << 62U) - 2, "early message number -2");
  memory.put(again, (std::uint64_t{1} << 62U) - 1, "early message number -1");
  memory.put(again, 0, "early message number 00");
  EXPECT_THAT(memory.search(),
              ElementsAre("early message number -2", "early message number -1", "early message number 00",
                          "late message number 2", "late message number 3", "late message number 4"));
}

TEST(LogSearch, LooksAtPagesApartAsTheyAre) {
  Memory memory(2);
  std::size_t at = kPage - 104;
  for (std::uint64_t id = 7; id < 20; ++id)
    memory.put(at, id, fmt::format("a message of some length {}", id));
  LogSearch search;
  search.look_at(1, memory.bytes().first(kPage));
  search.look_at(3, memory.bytes().subspan(kPage));  // the page between is missing
  const auto records = search.records();
  ASSERT_GE(records.size(), 8U);
  EXPECT_EQ(records.back(), "a message of some length 19");
}

TEST(LogSearch, FindsNothingInNoiseAndTables) {
  Memory memory(16);
  std::mt19937_64 random{3};
  for (std::byte& byte : memory.bytes())
    byte = static_cast<std::byte>(random());
  EXPECT_THAT(memory.search(), IsEmpty());
  for (const unsigned with : {0x00U, 0x20U, 0x41U, 0xffU}) {
    memory.fill(static_cast<std::byte>(with));
    EXPECT_THAT(memory.search(), IsEmpty());
  }
  memory.fill(std::byte{0});
  std::size_t at = 0;
  for (std::uint64_t id = 1; id < 60; ++id) {  // names of three letters in a table
    std::memcpy(&memory.bytes()[at], &id, sizeof id);
    std::memcpy(&memory.bytes()[at + 8], "abc", 4);
    at += 16;
  }
  EXPECT_THAT(memory.search(), IsEmpty());
}

}  // namespace
}  // namespace alicia::dump
