// SPDX-License-Identifier: GPL-3.0-or-later
// Real buffers with bytes changed at random: whatever the records say, every line is made, and nothing is read that
// isn't there (the sanitizers' build looks).
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "engine/factory.hpp"
#include "trace/kernel_trace.hpp"
#include "trace/lkst_buffers.hpp"

namespace alicia::trace {
namespace {

class Damage : public testing::Test {
 protected:
  std::unique_ptr<target::Target> target = test::open_scenario("trace-6.1");
  Cancellation cancellation;
  std::mt19937 random{1};

  std::unique_ptr<Collection> damaged(const KernelTrace& trace, std::size_t id, std::uint32_t one_in) {
    auto loaded = trace.load(id, cancellation);
    EXPECT_TRUE(loaded);
    for (auto& block : loaded->ring.blocks) {
      for (std::byte& byte : block) {
        if (random() % one_in == 0) byte = static_cast<std::byte>(random());
      }
    }
    std::vector<LoadedBuffer> buffers;
    buffers.push_back(std::move(*loaded));
    auto records = Records::merge(std::move(buffers), cancellation);
    EXPECT_TRUE(records);
    return std::make_unique<Collection>(*target, trace.formats(), trace.commands(), std::move(*records));
  }
};

TEST_F(Damage, CostsRecordsAndNothingElse) {
  const auto trace = KernelTrace::open(*target, cancellation);
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_GE((*trace)->buffers().size(), 5U);
  for (const std::uint32_t one_in : {2000U, 200U, 20U, 1U}) {
    for (std::size_t id = 0; id < (*trace)->buffers().size(); ++id) {
      const auto collection = damaged(**trace, id, one_in);
      const Records& records = collection->records();
      EXPECT_GT(records.size(), 0U);
      // A byte here and there may only change what an event tells.
      EXPECT_TRUE(one_in > 200 || !records.problems().empty()) << "buffer " << id << ", one byte in " << one_in;
      std::size_t bytes = 0;
      for (std::size_t index = 0; index < records.size(); ++index)
        bytes += collection->text().line(index).size();
      EXPECT_GT(bytes, 0U);
    }
  }
}

// A dump's memory with some bytes changed, the same ones whenever they are read.
class Spoilt : public MemoryReader {
 public:
  Spoilt(const MemoryReader& memory, std::uint64_t one_in) : memory_(memory), one_in_(one_in) {}

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    auto done = memory_.read(address, out);
    for (std::size_t byte = 0; done && byte < out.size(); ++byte) {
      std::uint64_t hash = (address.value + byte) * 0x9e3779b97f4a7c15U;
      hash ^= hash >> 29;
      if (hash % one_in_ == 0) out[byte] = static_cast<std::byte>(hash >> 40);
    }
    return done;
  }

 private:
  const MemoryReader& memory_;
  std::uint64_t one_in_;
};

// Damage of what a buffer says of itself may cost the buffer, damage of records those records: what is left is read.
TEST(LkstDamage, CostsRecordsAndNothingElse) {
  const auto target = test::open_scenario("lkst-6.1");
  const Cancellation cancellation;
  const auto anchor = target->symbol("lkst_anchor");
  ASSERT_TRUE(anchor);
  const unsigned cpus = target->possible_cpus();
  const auto whole = lkst::list_buffers(target->memory(), anchor->address, cpus, cancellation);
  ASSERT_TRUE(whole);
  ASSERT_FALSE(whole->buffers.empty());
  for (const std::uint64_t one_in : {2000U, 200U, 20U, 2U}) {
    const Spoilt memory(target->memory(), one_in);
    const auto listed = lkst::list_buffers(memory, anchor->address, cpus, cancellation);
    EXPECT_TRUE(!listed || listed->buffers.size() >= whole->buffers.size() || !listed->problems.empty());
    for (const lkst::Buffer& buffer : whole->buffers) {
      auto ring = lkst::read_buffer(target->memory(), buffer, cancellation);
      auto spoilt = lkst::read_buffer(memory, buffer, cancellation);
      ASSERT_TRUE(ring && spoilt);
      const bool lost = spoilt->committed() < ring->committed();
      EXPECT_TRUE(!lost || !spoilt->problems.empty()) << "buffer " << buffer.id << ", one byte in " << one_in;
      EXPECT_TRUE(ring->committed() == 0 || lost || one_in > 200) << "buffer " << buffer.id;
    }
  }
}

}  // namespace
}  // namespace alicia::trace
