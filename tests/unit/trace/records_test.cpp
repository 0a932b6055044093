// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace alicia::trace {
namespace {

using testing::ElementsAre;

/// A buffer with one CPU, whose only sub-buffer begins at `stamp`.
LoadedBuffer one_page(std::uint64_t stamp, std::span<const std::uint32_t> words) {
  LoadedBuffer loaded;
  CpuBuffer cpu;
  SubBuffer page;
  page.stamp = stamp;
  loaded.ring.add(cpu, page, std::as_bytes(words));
  loaded.ring.cpus.push_back(std::move(cpu));
  return loaded;
}

std::uint32_t event_word(std::uint32_t kind, std::uint32_t delta) {
  return kind | delta << 5U;
}

TEST(Records, TellTimesFarBehindTheirSubBuffersBeginning) {
  constexpr std::uint32_t extension = 30;
  const std::vector<std::uint32_t> first{event_word(1, 5), 1, event_word(extension, 0), 64,  event_word(1, 3), 2,
                                         event_word(1, 4), 3, event_word(extension, 1), 128, event_word(1, 0), 4};
  const std::vector<std::uint32_t> second{event_word(extension, 0), 96, event_word(1, 0), 5};
  std::vector<LoadedBuffer> buffers;
  buffers.push_back(one_page(1000, first));
  buffers.push_back(one_page(2000, second));
  const auto records = Records::merge(std::move(buffers), {});
  ASSERT_TRUE(records);
  std::vector<std::uint64_t> times;
  std::vector<unsigned> types;
  for (std::size_t index = 0; index < records->size(); ++index) {
    times.push_back(records->time(index));
    types.push_back(records->type(index));
  }
  const auto span = [](std::uint64_t units) { return units << 27U; };
  EXPECT_THAT(types, ElementsAre(1, 2, 3, 5, 4));
  EXPECT_THAT(times, ElementsAre(1005, 1008 + span(64), 1012 + span(64), 2000 + span(96), 1013 + span(192)));
}

}  // namespace
}  // namespace alicia::trace
