// SPDX-License-Identifier: GPL-3.0-or-later
// ORC over stacks made by hand: what the entries of both layouts mean, and what damage must not do.
#include <gmock/gmock.h>

#include <map>
#include <vector>

#include "arch/x86_64/orc_tables.hpp"
#include "arch/x86_64/orc_unwinder.hpp"
#include "unit/arch/fake_memory.hpp"

namespace alicia::arch::x86_64 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

OrcLayout old_layout() {
  OrcLayout layout;
  layout.bytes = 6;
  layout.sp_offset = {0, 16};
  layout.bp_offset = {16, 16};
  layout.sp_reg = {32, 4};
  layout.bp_reg = {36, 4};
  layout.type = {40, 2};
  layout.end = OrcBits{42, 1};
  return layout;
}

OrcLayout new_layout() {
  OrcLayout layout = old_layout();
  layout.type = {40, 3};
  layout.end.reset();
  layout.signal = OrcBits{43, 1};
  return layout;
}

std::vector<std::byte> raw(std::initializer_list<unsigned> numbers) {
  std::vector<std::byte> bytes;
  for (const unsigned number : numbers)
    bytes.push_back(static_cast<std::byte>(number));
  return bytes;
}

TEST(OrcEntry, OldLayoutNumbersFromCall) {
  const OrcEntry call = old_layout().decode(raw({0x10, 0, 0xf0, 0xff, 0x15, 0x00}));
  EXPECT_EQ(call.type, OrcType::call);
  EXPECT_EQ(call.sp_offset, 16);
  EXPECT_EQ(call.bp_offset, -16);
  EXPECT_EQ(call.sp_base, OrcBase::sp);
  EXPECT_EQ(call.bp_base, OrcBase::previous_sp);
  EXPECT_FALSE(call.signal);
  EXPECT_EQ(old_layout().decode(raw({0, 0, 0, 0, 0x05, 0x01})).type, OrcType::registers);
  EXPECT_TRUE(old_layout().decode(raw({0, 0, 0, 0, 0x05, 0x02})).signal);
  EXPECT_EQ(old_layout().decode(raw({0, 0, 0, 0, 0x00, 0x04})).type, OrcType::end_of_stack);
  EXPECT_EQ(old_layout().decode(raw({0, 0, 0, 0, 0x00, 0x00})).type, OrcType::undefined);
}

TEST(OrcEntry, NewLayoutNumbersFromUndefined) {
  EXPECT_EQ(new_layout().decode(raw({0, 0, 0, 0, 0x05, 0x00})).type, OrcType::undefined);
  EXPECT_EQ(new_layout().decode(raw({0, 0, 0, 0, 0x00, 0x01})).type, OrcType::end_of_stack);
  EXPECT_EQ(new_layout().decode(raw({8, 0, 0, 0, 0x05, 0x02})).type, OrcType::call);
  const OrcEntry registers = new_layout().decode(raw({0, 0, 0, 0, 0x05, 0x0b}));
  EXPECT_EQ(registers.type, OrcType::registers);
  EXPECT_TRUE(registers.signal);
  EXPECT_EQ(new_layout().decode(raw({0, 0, 0, 0, 0x05, 0x07})).type, OrcType::undefined);
}

class Memory final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    return pages.read(PhysicalAddress{address.value}, out);
  }
  void write(std::uint64_t address, std::uint64_t value) { pages.write(PhysicalAddress{address}, value); }

  test::FakeMemory pages;
};

constexpr std::uint64_t text = 0x100000, ips = 0x200000, entries = 0x300000, stack = 0x400000, stack_end = 0x402000;

class Code final : public CodeKnowledge {
 public:
  bool is_code(VirtualAddress address) const override { return address.value >= text && address.value < text + 0x1000; }
  bool keeps_frame_pointers(VirtualAddress) const override { return false; }
  std::optional<VirtualAddress> function_start(VirtualAddress address) const override {
    return is_code(address) ? std::optional(VirtualAddress{address.value & ~std::uint64_t{0xff}}) : std::nullopt;
  }
  std::optional<OriginalReturn> original_return(VirtualAddress found, VirtualAddress slot) const override {
    const auto original = originals.find({found.value, slot.value});
    if (original == originals.end()) return std::nullopt;
    return OriginalReturn{VirtualAddress{original->second}, "trampoline"};
  }

  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> originals;
};

/// Functions of 256 bytes from `text` on, each with one entry of the new layout.
class OrcUnwinding : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t page = stack; page < stack_end; page += 4096)
      memory.write(page, 0);
  }

  void add(const std::vector<std::byte>& entry) {
    const std::uint64_t place = ips + 4 * count;
    const std::uint64_t distance = text + 0x100 * count - place;
    // Two 32-bit numbers share a word of the test's memory.
    low_ = count % 2 == 0 ? distance & 0xffffffffU : low_ | distance << 32;
    memory.write(place & ~std::uint64_t{7}, low_);
    table_.insert(table_.end(), entry.begin(), entry.end());
    ++count;
    std::vector<std::byte> padded = table_;
    padded.resize((padded.size() + 7) / 8 * 8);
    for (std::size_t at = 0; at < padded.size(); at += 8)
      memory.write(entries + at, load_word(padded, at));
  }

  static std::uint64_t load_word(const std::vector<std::byte>& bytes, std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
  }

  StackTrace unwind(std::uint64_t ip, std::uint64_t sp) {
    OrcTables tables(memory, new_layout());
    tables.set_kernel({VirtualAddress{ips}, VirtualAddress{entries}, count}, std::nullopt,
                      {{VirtualAddress{text}, VirtualAddress{text + 0x1000}}});
    StartingPoint start;
    start.registers.set(Register::ip, ip);
    start.registers.set(Register::sp, sp);
    const std::vector<Stack> stacks{{"task", VirtualAddress{stack}, VirtualAddress{stack_end}}};
    return OrcUnwinder(memory, tables, code).unwind(start, stacks);
  }

  static std::vector<std::uint64_t> addresses(const StackTrace& trace, FrameKind kind) {
    std::vector<std::uint64_t> found;
    for (const StackFrame& frame : trace.frames)
      if (frame.kind == kind) found.push_back(frame.pc.value);
    return found;
  }

  const std::vector<std::byte> call16 = raw({16, 0, 0, 0, 0x05, 0x02});
  const std::vector<std::byte> nothing = raw({0, 0, 0, 0, 0x00, 0x00});
  const std::vector<std::byte> end = raw({0, 0, 0, 0, 0x00, 0x01});
  const std::vector<std::byte> saved = raw({0, 0, 0, 0, 0x05, 0x0b});
  Memory memory;
  Code code;
  std::uint64_t count = 0;

 private:
  std::vector<std::byte> table_;
  std::uint64_t low_ = 0;
};

TEST_F(OrcUnwinding, FollowsCallsToTheEnd) {
  add(call16);
  add(call16);
  add(end);
  memory.write(stack + 0x108, text + 0x110);
  memory.write(stack + 0x118, text + 0x210);
  const StackTrace trace = unwind(text + 0x10, stack + 0x100);
  EXPECT_EQ(trace.problem, "");
  EXPECT_THAT(addresses(trace, FrameKind::call), ElementsAre(text + 0x110, text + 0x210));
  EXPECT_EQ(trace.frames[1].slot, VirtualAddress{stack + 0x108});
  EXPECT_EQ(trace.frames[1].sp, VirtualAddress{stack + 0x110});
}

// A call may be a function's last instruction: its return address is the next function's first byte.
TEST_F(OrcUnwinding, LooksUpTheCallNotWhatFollowsIt) {
  add(call16);
  add(end);
  add(nothing);
  memory.write(stack + 0x108, text + 0x200);
  EXPECT_EQ(unwind(text + 0x10, stack + 0x100).problem, "");
}

TEST_F(OrcUnwinding, RegistersOfUserModeAreTheEnd) {
  add(saved);
  const std::uint64_t regs = stack_end - pt_regs_bytes;
  memory.write(regs + 8 * static_cast<std::uint64_t>(Register::ip), 0x401000);
  memory.write(regs + 8 * static_cast<std::uint64_t>(Register::cs), 0x33);
  memory.write(regs + 8 * static_cast<std::uint64_t>(Register::sp), 0x7ffd0000);
  const StackTrace trace = unwind(text + 0x10, regs);
  EXPECT_EQ(trace.problem, "");
  ASSERT_EQ(trace.frames.size(), 2U);
  EXPECT_EQ(trace.frames[1].kind, FrameKind::user);
  EXPECT_EQ(trace.frames[1].registers->sp(), VirtualAddress{0x7ffd0000});
}

TEST_F(OrcUnwinding, SeesBehindATracersTrampoline) {
  add(call16);
  add(end);
  memory.write(stack + 0x108, text + 0x900);
  code.originals[{text + 0x900, stack + 0x108}] = text + 0x110;
  const StackTrace trace = unwind(text + 0x10, stack + 0x100);
  EXPECT_THAT(addresses(trace, FrameKind::call), ElementsAre(text + 0x110));
  EXPECT_EQ(trace.frames[1].via, "trampoline");
}

TEST_F(OrcUnwinding, FindsTheCallOfAFunctionWithoutOrc) {
  add(nothing);
  add(end);
  const std::uint64_t back = text + 0x150;  // behind `call text`, which is five bytes
  // The opcode lies at back - 5, its distance in the four bytes up to back.
  const std::uint64_t distance = (text - back) & 0xffffffffU;
  memory.write(text + 0x148, std::uint64_t{0xe8} << 24 | distance << 32);
  memory.write(stack + 0x100, text + 0x130);  // an address of code, but behind no call of that function
  memory.write(stack + 0x140, back);
  const StackTrace trace = unwind(text + 0x10, stack + 0x100);
  EXPECT_EQ(trace.problem, "");
  EXPECT_THAT(addresses(trace, FrameKind::call), ElementsAre(back));
}

TEST_F(OrcUnwinding, GuessesWhereOrcGivesOut) {
  add(call16);
  add(nothing);
  memory.write(stack + 0x108, text + 0x110);
  memory.write(stack + 0x200, text + 0x130);
  const StackTrace trace = unwind(text + 0x10, stack + 0x100);
  EXPECT_THAT(trace.problem, HasSubstr("no ORC entry"));
  EXPECT_THAT(addresses(trace, FrameKind::guess), ElementsAre(text + 0x130));
}

TEST_F(OrcUnwinding, ARingOfFramesEnds) {
  add(raw({0xf0, 0xff, 0, 0, 0x05, 0x02}));  // the caller's frame lies below
  for (std::uint64_t at = stack; at < stack + 0x1000; at += 8)
    memory.write(at, text + 0x10);
  const StackTrace trace = unwind(text + 0x10, stack + 0x800);
  EXPECT_THAT(trace.problem, HasSubstr("does not move on"));
}

TEST_F(OrcUnwinding, AMissingPageEndsTheTraceWithItsReason) {
  add(call16);
  memory.pages.exclude(PhysicalAddress{stack});
  const StackTrace trace = unwind(text + 0x10, stack + 0x100);
  EXPECT_EQ(trace.problem, "excluded");
  EXPECT_EQ(trace.frames.size(), 1U);
}

TEST_F(OrcUnwinding, AStackPointerOfNoStackIsNotFollowed) {
  add(call16);
  const StackTrace trace = unwind(text + 0x10, 0x900000);
  EXPECT_THAT(trace.problem, HasSubstr("on no stack of this task"));
}

}  // namespace
}  // namespace alicia::arch::x86_64
