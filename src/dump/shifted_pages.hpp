// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace alicia::dump {

/// Which page of a kdump file is which page frame's, where the bitmap that tells is damaged.
class ShiftedPages {
 public:
  /// What is known of the file.
  struct Source {
    std::uint64_t pages = 0;     ///< as many as there are descriptors
    std::uint64_t frames = 0;    ///< one past the highest
    std::int64_t phys_base = 0;  ///< of the kernel's image; 0 where it isn't known
    std::size_t page_bytes = 0;
    /// Unpacks the page of a descriptor. False: it is damaged.
    std::function<bool(std::uint64_t index, std::span<std::byte> out)> load;
    /// How many frames before this one have their bit set.
    std::function<std::uint64_t(std::uint64_t frame)> set_before;
    /// The bits of these eight frames: which are dumped, and which are memory as far as the file says.
    std::function<std::uint8_t(std::uint64_t byte)> dumped, memory;
  };
  /// Nothing where the bitmap is right as far as can be told, or pages don't tell which they are.
  static std::optional<ShiftedPages> find(const Source& source);

  /// The descriptor of a frame, which is the `rank`-th whose bit is set, or whose bit isn't. Nothing: it has none.
  /// Check is_lost() first.
  std::optional<std::uint64_t> index(std::uint64_t frame, std::optional<std::uint64_t> rank) const;
  /// Whether it can't be told which page is this frame's.
  bool is_lost(std::uint64_t frame) const { return stretch(frame).kind == Kind::lost; }
  /// In how many stretches pages lie elsewhere than the bitmap says.
  std::size_t shifted() const;
  std::uint64_t lost_frames() const;

 private:
  enum class Kind : std::uint8_t { by_rank, all_there, none_there, lost };
  struct Stretch {
    std::uint64_t begin = 0;  ///< its first frame
    Kind kind = Kind::by_rank;
    std::int64_t shift = 0;  ///< by_rank: what is added to the rank; all_there: to the frame
  };
  struct Anchor;
  explicit ShiftedPages(std::uint64_t frames) : frames_(frames) {}
  const Stretch& stretch(std::uint64_t frame) const;
  void add(std::uint64_t begin, Kind kind, std::int64_t shift = 0);
  void bridge(const Source& source, const Anchor& before, const Anchor& behind);
  struct Damage;
  static std::vector<Damage> explain(const Source& source, std::uint64_t low, std::uint64_t high, std::int64_t shift);
  void add_gap(const Source& source, const Anchor& before, const Anchor& behind);
  static std::vector<Anchor> look_for_anchors(const Source& source);

  std::uint64_t frames_;
  std::vector<Stretch> stretches_;
};

}  // namespace alicia::dump
