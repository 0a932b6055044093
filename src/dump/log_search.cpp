// SPDX-License-Identifier: GPL-3.0-or-later
// The text ring of printk (since 5.10) holds one block a record: the record's id, eight bytes wide, then its text,
// padded to eight bytes. Ids are counted up by one and written side by side, so that a log betrays itself: an id,
// printable text to its end, the next id. Three such in a row are no accident. Ids have 62 bits and begin a little
// below their largest value, therefore the large ones are taken as negative. The lengths, times and levels of the
// records are in another ring, which only types and symbols lead to.
#include "dump/log_search.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kMostText = 1024 + 8;
constexpr std::size_t kMostRunBytes = std::size_t{64} << 20;
constexpr std::int64_t kMostSkipped = 8;  ///< ids of records without text
constexpr std::size_t kFewest = 3;        ///< records in a row that make a log
constexpr std::size_t kLeastBytes = 24;   ///< of a block, on average: tables of short strings look like a log, too

struct Block {
  std::size_t at = 0;
  std::int64_t id = 0;
};

std::optional<std::int64_t> as_id(std::uint64_t word) {
  constexpr std::uint64_t modulus = std::uint64_t{1} << 62;
  constexpr std::uint64_t plausible = std::uint64_t{1} << 32;
  if (word < plausible) return static_cast<std::int64_t>(word);
  if (word < modulus && word >= modulus - plausible) return -static_cast<std::int64_t>(modulus - word);
  return std::nullopt;
}

bool is_text_byte(std::byte byte) {
  const auto code = std::to_integer<unsigned>(byte);
  return code >= 0x20 ? code != 0x7f : code == '\n' || code == '\t';
}

std::size_t text_length(std::span<const std::byte> bytes) {
  return static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_text_byte) - bytes.begin());
}

/// Messages are mostly ASCII; what stands at the end of memory is not.
bool is_message(std::span<const std::byte> text) {
  const auto plain = std::ranges::count_if(text, [](std::byte byte) { return std::to_integer<unsigned>(byte) < 0x80; });
  return 4 * static_cast<std::size_t>(plain) >= 3 * text.size();
}

/// A block may begin at `at`: an id, and the beginning of a message behind it.
std::optional<Block> block_at(std::span<const std::byte> bytes, std::size_t at) {
  constexpr std::size_t beginning = 3;
  if (!fits(at, kIdBytes + beginning, bytes.size())) return std::nullopt;
  const auto text = bytes.subspan(at + kIdBytes, beginning);
  if (!std::ranges::all_of(text, [](std::byte byte) { return is_text_byte(byte) && byte < std::byte{0x80}; }))
    return std::nullopt;
  const auto id = as_id(load<std::uint64_t>(bytes, at));
  if (!id) return std::nullopt;
  return Block{at, *id};
}

/// The block behind `block`: where its text ends, up to the padding.
std::optional<Block> next_block(std::span<const std::byte> bytes, const Block& block) {
  const std::size_t text = block.at + kIdBytes;
  const std::size_t length = text_length(bytes.subspan(text, std::min(kMostText, bytes.size() - text)));
  // Old text may stand in the padding, so that this one seems to go on into the next id, whose first byte may be a
  // letter.
  const std::size_t last = text + (length + 8) / 8 * 8;
  for (std::size_t at = text + 8; at <= last; at += 8) {
    const auto next = block_at(bytes, at);
    const bool follows = next && next->id > block.id && next->id <= block.id + kMostSkipped;
    if (follows && is_message(bytes.subspan(text, std::min(length, at - text)))) return next;
  }
  return std::nullopt;
}

std::vector<Block> chain_at(std::span<const std::byte> bytes, std::size_t at) {
  std::vector<Block> chain;
  for (auto block = block_at(bytes, at); block; block = next_block(bytes, *block))
    chain.push_back(*block);
  return chain;
}

bool has_chain(std::span<const std::byte> bytes, std::size_t alignment) {
  for (std::size_t at = 0; at + kIdBytes < bytes.size(); at += alignment) {
    const auto first = block_at(bytes, at);
    const auto second = first ? next_block(bytes, *first) : std::nullopt;
    const auto third = second ? next_block(bytes, *second) : std::nullopt;
    if (third && third->at - first->at >= 2 * kLeastBytes) return true;
  }
  return false;
}

/// The newline at a message's end was taken off by shortening it, the two bytes of its level in front by moving it:
/// both are still there behind its end.
std::string text_of(std::span<const std::byte> bytes, const Block& block, std::size_t end) {
  const auto all = bytes.subspan(block.at + kIdBytes, end - block.at - kIdBytes);
  std::string_view text = as_text(all.first(text_length(all)));
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t size = text.size();
  if (size >= 4 && text.substr(size - 2) == text.substr(size - 4, 2)) text.remove_suffix(2);
  return std::string{text};
}

}  // namespace

void LogSearch::look_at(std::uint64_t number, std::span<const std::byte> page) {
  const bool follows = last_number_ && number == *last_number_ + 1;
  if (!follows) {
    parse_run();
    previous_.clear();
    previous_kept_ = previous_had_log_ = false;
  }
  last_number_ = number;
  const bool log = has_chain(page, alignment_);
  if (log && !previous_kept_) run_.insert(run_.end(), previous_.begin(), previous_.end());
  const bool keep = log || previous_had_log_;
  if (keep) run_.insert(run_.end(), page.begin(), page.end());
  if (!keep || run_.size() > kMostRunBytes) parse_run();
  previous_.assign(page.begin(), page.end());
  previous_kept_ = keep;
  previous_had_log_ = log;
}

void LogSearch::parse_run() {
  const auto run = std::exchange(run_, {});
  for (std::size_t at = 0; at + kIdBytes < run.size();) {
    const auto chain = chain_at(run, at);
    if (chain.size() < kFewest || chain.back().at - at < (chain.size() - 1) * kLeastBytes) {
      at += alignment_;
      continue;
    }
    for (std::size_t index = 0; index < chain.size(); ++index) {
      const bool last = index + 1 == chain.size();
      const std::size_t room = std::min(run.size(), chain[index].at + kIdBytes + kMostText);
      found_.try_emplace(chain[index].id, text_of(run, chain[index], last ? room : chain[index + 1].at));
    }
    at = chain.back().at + kIdBytes;
  }
}

std::vector<std::string> LogSearch::records() {
  parse_run();
  std::vector<std::string> texts;
  texts.reserve(found_.size());
  for (auto& [id, text] : found_)
    texts.push_back(std::move(text));
  found_.clear();
  return texts;
}

}  // namespace alicia::dump
