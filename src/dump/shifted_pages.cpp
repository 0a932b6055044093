// SPDX-License-Identifier: GPL-3.0-or-later
// A kdump file says nowhere which frame a page is: the n-th descriptor is that of the n-th frame whose bit is set. One
// byte of the bitmap changed, and every page behind it is taken for another's.
//
// But many pages know where they are. An empty list_head points to itself, with the address it has in the kernel's map
// of all memory, and that map begins at a multiple of 1 GiB (KASLR chooses which): so the address tells the frame, and
// the page's place in the file how many frames before it were dumped. Between two such anchors that agree on what the
// bitmap is wrong by, it is right; between two that don't lies damage. There the pages are either all there, as many as
// frames; or none is; or the damaged bytes show: they call frames dumped that are no memory, or stand alone among
// others and have just as many bits too many or too few. Else they are lost, which is said, for a page that is
// another's is worse than none.
#include "dump/shifted_pages.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>
#include <ranges>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kImage = 0xffffffff80000000U;
constexpr std::uint64_t kLowestKernel = 0xffff800000000000U;
constexpr std::uint64_t kMapAlignment = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostUnpacked = 1 << 15;              // at some 30 µs each
constexpr std::uint64_t kMostShift = std::uint64_t{1} << 15;  // frames that a page may be elsewhere

/// The addresses at which this page, by the empty lists in it, lay in virtual memory.
std::vector<std::uint64_t> own_addresses(std::span<const std::byte> page) {
  std::vector<std::uint64_t> found;
  for (std::size_t at = 0; at + 16 <= page.size(); at += 8) {
    const auto next = load<std::uint64_t>(page, at);
    if (next < kLowestKernel || next % page.size() != at || next != load<std::uint64_t>(page, at + 8)) continue;
    const std::uint64_t address = next - at;
    if (std::ranges::find(found, address) == found.end()) found.push_back(address);
  }
  return found;
}

}  // namespace

/// A page that is known to be a frame's.
struct ShiftedPages::Anchor {
  std::uint64_t index = 0;
  std::uint64_t frame = 0;
  std::int64_t shift = 0;  ///< how far the page is behind where the bitmap has it
  bool doubtful = false;   ///< between the anchor before and this one something contradicts both
};

/// Damaged bytes of the bitmap.
struct ShiftedPages::Damage {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int64_t shift = 0;  ///< how many bits too few
};

namespace {

/// The frame that the bitmap takes the page for.
std::uint64_t named_frame(const ShiftedPages::Source& source, std::uint64_t index) {
  std::uint64_t low = 0, high = source.frames;
  while (low + 1 < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    (source.set_before(middle) <= index ? low : high) = middle;
  }
  return low;
}

struct Sighting {
  std::uint64_t index = 0;
  std::uint64_t frame = 0;
  std::uint64_t map = 0;  ///< where the map of all memory would begin; kImage for the kernel's image
};

void look_at(const ShiftedPages::Source& source, std::uint64_t index, std::vector<Sighting>& sightings) {
  std::vector<std::byte> page(source.page_bytes);
  if (!source.load(index, page)) return;
  const auto addresses = own_addresses(page);
  if (addresses.empty()) return;
  const std::uint64_t guess = named_frame(source, index);
  for (const std::uint64_t address : addresses) {
    if (address >= kImage) {
      if (source.phys_base == 0) continue;
      sightings.push_back(
          {index, (address - kImage + static_cast<std::uint64_t>(source.phys_base)) / source.page_bytes, kImage});
      continue;
    }
    const std::uint64_t map = (address - guess * source.page_bytes + kMapAlignment / 2) / kMapAlignment * kMapAlignment;
    const std::uint64_t frame = (address - map) / source.page_bytes;
    const std::uint64_t distance = frame > guess ? frame - guess : guess - frame;
    if (map <= address && distance <= kMostShift) sightings.push_back({index, frame, map});
  }
}

/// The sightings that agree on where the map begins, as the most do.
void keep_agreeing(std::vector<Sighting>& sightings) {
  std::map<std::uint64_t, std::uint64_t> votes;
  for (const Sighting& each : sightings)
    if (each.map != kImage) ++votes[each.map];
  const auto winner = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  std::erase_if(sightings, [&](const Sighting& each) {
    return each.map != kImage && (winner == votes.end() || each.map != winner->first);
  });
}

/// The longest part of the sightings, which are in the order of pages, in which frames ascend as well.
std::vector<Sighting> ascending(const std::vector<Sighting>& sightings) {
  std::vector<std::size_t> ends;  // of the best part of each length
  std::vector<std::size_t> before(sightings.size());
  for (std::size_t each = 0; each < sightings.size(); ++each) {
    const auto place = std::ranges::lower_bound(ends, sightings[each].frame, {},
                                                [&](std::size_t end) { return sightings[end].frame; });
    before[each] = place == ends.begin() ? each : *std::prev(place);
    if (place == ends.end())
      ends.push_back(each);
    else
      *place = each;
  }
  std::vector<Sighting> kept;
  if (ends.empty()) return kept;
  for (std::size_t at = ends.back();; at = before[at]) {
    kept.push_back(sightings[at]);
    if (before[at] == at) break;
  }
  std::ranges::reverse(kept);
  return kept;
}

}  // namespace

std::vector<ShiftedPages::Anchor> ShiftedPages::look_for_anchors(const Source& source) {
  std::vector<Sighting> sightings;
  const std::uint64_t step = source.pages / kMostUnpacked + 1;
  for (std::uint64_t index = 0; index < source.pages; index += step)
    look_at(source, index, sightings);
  keep_agreeing(sightings);
  std::vector<Anchor> anchors;
  for (const Sighting& each : ascending(sightings)) {
    if (each.frame >= source.frames || each.frame < each.index) continue;
    if (!anchors.empty() && anchors.back().index == each.index) continue;
    const auto shift = static_cast<std::int64_t>(each.index) - static_cast<std::int64_t>(source.set_before(each.frame));
    anchors.push_back({each.index, each.frame, shift, false});
  }
  // Where a bit is wrong, those around it are not to be trusted.
  for (std::size_t at = 0; at < anchors.size(); ++at) {
    if (source.set_before(anchors[at].frame) != source.set_before(anchors[at].frame + 1)) continue;
    anchors[at].doubtful = true;
    if (at + 1 < anchors.size()) anchors[at + 1].doubtful = true;
  }
  // One that stands alone among others that agree may be a copy of another page, or lie between damages.
  std::vector<Anchor> kept;
  for (std::size_t at = 0; at < anchors.size(); ++at) {
    const bool inner = at > 0 && at + 1 < anchors.size();
    if (inner && anchors[at - 1].shift == anchors[at + 1].shift && anchors[at].shift != anchors[at - 1].shift)
      anchors[at + 1].doubtful = true;
    else
      kept.push_back(anchors[at]);
  }
  return kept;
}

std::optional<ShiftedPages> ShiftedPages::find(const Source& source) {
  if (source.page_bytes < 16) return std::nullopt;
  const auto anchors = look_for_anchors(source);
  if (std::ranges::all_of(anchors, [](const Anchor& anchor) { return anchor.shift == 0 && !anchor.doubtful; }))
    return std::nullopt;
  ShiftedPages found(source.frames);
  // The first frame's page would be the first, the one behind the last frame's the one behind the last.
  Anchor before{};
  bool at_begin = true;
  for (const Anchor& anchor : anchors) {
    if (at_begin && anchor.shift == 0)
      found.add(0, Kind::by_rank);
    else if (at_begin)
      found.bridge(source, {~std::uint64_t{0}, ~std::uint64_t{0}, 0, false}, anchor);
    else
      found.bridge(source, before, anchor);
    at_begin = false;
    before = anchor;
  }
  const auto end_shift =
      static_cast<std::int64_t>(source.pages) - static_cast<std::int64_t>(source.set_before(source.frames));
  found.bridge(source, before, {source.pages, source.frames, end_shift, false});
  return found;
}

/// Adds what lies behind `before` and up to `behind`. Either may stand just outside: then frame + 1 is 0, or the end.
void ShiftedPages::bridge(const Source& source, const Anchor& before, const Anchor& behind) {
  const std::uint64_t begin = before.frame + 1;
  if (before.shift == behind.shift && !behind.doubtful) return add(begin, Kind::by_rank, before.shift);
  // The anchors themselves are there, whatever their bits say.
  const auto add_anchor = [this](const Anchor& anchor) {
    add(anchor.frame, Kind::all_there, static_cast<std::int64_t>(anchor.index - anchor.frame));
  };
  if (begin != 0) add_anchor(before);
  if (begin < behind.frame) add_gap(source, before, behind);
  if (behind.frame < frames_) add_anchor(behind);
}

/// Adds the frames between two anchors that disagree.
void ShiftedPages::add_gap(const Source& source, const Anchor& before, const Anchor& behind) {
  constexpr std::uint64_t most_frames = 1 << 19;  // looked at one by one
  const std::uint64_t begin = before.frame + 1;
  const std::uint64_t pages = behind.index - (before.index + 1);
  if (pages == behind.frame - begin)
    return add(begin, Kind::all_there, static_cast<std::int64_t>(behind.index - behind.frame));
  if (pages == 0) return add(begin, Kind::none_there);
  if (behind.doubtful) return add(begin, Kind::lost);
  // Where bits were lost, they weren't where frames follow each other without a gap.
  std::uint64_t low = begin, high = behind.frame;
  const bool lost = behind.shift > before.shift;
  while (lost && low < high && low - begin < most_frames && source.set_before(low) < source.set_before(low + 1))
    ++low;
  while (lost && high > low && behind.frame - high < most_frames &&
         source.set_before(high - 1) < source.set_before(high))
    --high;
  if (low == high) return add(begin, Kind::lost);
  std::int64_t shift = before.shift;
  if (begin < low) add(begin, Kind::by_rank, shift);
  const auto damages =
      high - low < most_frames ? explain(source, low, high, behind.shift - shift) : std::vector<Damage>();
  if (damages.empty()) add(low, Kind::lost);
  for (const Damage& damage : damages) {
    if (low < damage.begin * 8) add(low, Kind::by_rank, shift);
    add(std::max(low, damage.begin * 8), Kind::lost);
    low = damage.end * 8;
    shift += damage.shift;
  }
  if (!damages.empty() && low < high) add(low, Kind::by_rank, shift);
  if (high < behind.frame) add(high, Kind::by_rank, behind.shift);
}

/// The damage between two frames that makes pages lie so many farther behind; nothing where that can't be told.
std::vector<ShiftedPages::Damage> ShiftedPages::explain(const Source& source, std::uint64_t low, std::uint64_t high,
                                                        std::int64_t shift) {
  constexpr std::uint64_t longest = 16;      // bytes
  constexpr std::uint64_t surroundings = 4;  // bytes on either side that are alike
  std::vector<std::uint8_t> bytes;
  const std::uint64_t base = low / 8;
  for (std::uint64_t byte = base; byte * 8 < high; ++byte) {
    bytes.push_back(source.dumped(byte));
    if ((bytes.back() & ~source.memory(byte)) == 0) continue;
    // What can't be right is damaged, and with it all around that can't be told from it.
    std::uint64_t last = byte;
    for (std::uint64_t other = byte; other * 8 < high; ++other)
      if ((source.dumped(other) & ~source.memory(other)) != 0) last = other;
    return {{byte, last + 1, shift}};
  }
  std::vector<Damage> alone;
  std::uint64_t alike = 0;  // bytes up to here that equal the last
  std::int64_t total = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == 0 || bytes[at] == bytes[at - 1]) {
      ++alike;
      continue;
    }
    const std::uint8_t usual = bytes[at - 1];
    const bool surrounded = alike >= surroundings && (usual == 0 || usual == 0xff);
    alike = 1;
    if (!surrounded) continue;
    std::size_t end = at;
    std::int64_t bits = 0;
    std::size_t same = 0;
    for (; end < bytes.size() && end - at < longest + surroundings && same < surroundings; ++end) {
      same = bytes[end] == usual ? same + 1 : 0;
      const int set = std::popcount(bytes[end]);
      bits += usual == 0 ? -set : 8 - set;
    }
    if (same < surroundings) continue;
    alone.push_back({base + at, base + end - surroundings, bits});
    total += bits;
    at = end - 1;
    alike = surroundings;
  }
  if (total == shift) return alone;
  std::erase_if(alone, [shift](const Damage& damage) { return damage.shift != shift; });
  if (alone.size() != 1) alone.clear();
  return alone;
}

void ShiftedPages::add(std::uint64_t begin, Kind kind, std::int64_t shift) {
  if (!stretches_.empty() && stretches_.back().kind == kind && stretches_.back().shift == shift) return;
  stretches_.push_back({begin, kind, shift});
}

const ShiftedPages::Stretch& ShiftedPages::stretch(std::uint64_t frame) const {
  return *std::prev(std::ranges::upper_bound(stretches_, frame, {}, &Stretch::begin));
}

std::optional<std::uint64_t> ShiftedPages::index(std::uint64_t frame, std::optional<std::uint64_t> rank) const {
  const Stretch& found = stretch(frame);
  if (found.kind == Kind::all_there) return frame + static_cast<std::uint64_t>(found.shift);
  if (found.kind != Kind::by_rank || !rank) return std::nullopt;
  return *rank + static_cast<std::uint64_t>(found.shift);
}

std::size_t ShiftedPages::shifted() const {
  std::int64_t known = 0;
  std::size_t changes = 0;
  for (const Stretch& each : stretches_) {
    if (each.kind != Kind::by_rank || each.shift == known) continue;
    known = each.shift;
    ++changes;
  }
  return changes;
}

std::uint64_t ShiftedPages::lost_frames() const {
  std::uint64_t lost = 0;
  for (std::size_t each = 0; each < stretches_.size(); ++each) {
    const std::uint64_t end = each + 1 < stretches_.size() ? stretches_[each + 1].begin : frames_;
    if (stretches_[each].kind == Kind::lost) lost += end - stretches_[each].begin;
  }
  return lost;
}

}  // namespace alicia::dump
