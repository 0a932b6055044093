// SPDX-License-Identifier: GPL-3.0-or-later
//
// The walk. ORC says, for the code a frame stands in, where the caller's stack pointer is reckoned from (usually the
// frame's own stack pointer, sometimes the base pointer or a register that entry code uses) and what lies there: a
// return address, or registers that an exception pushed, all of them or only the five that the processor pushes.
//
// Three things keep a damaged stack from leading anywhere: each step must land on one of the stacks given, on one stack
// only ever upwards, and never on a stack already left. A task that overran its stack still stands below its first
// byte; the page below counts as that stack's, as in the kernel's own unwinder.
#include "arch/x86_64/orc_unwinder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/bytes.hpp"

namespace alicia::arch::x86_64 {
namespace {

constexpr std::uint64_t guard_bytes = 4096;
constexpr std::size_t most_frames = 16384;
constexpr std::size_t most_guesses = 256;
constexpr std::size_t most_searched_words = 256;

/// How many registers a function pushes before rbp, as far as it begins with pushes; nothing where rbp is not among
/// them.
std::optional<unsigned> pushes_before_bp(const MemoryReader& memory, VirtualAddress function) {
  std::array<std::byte, 32> code{};
  if (!memory.read(function, code)) return std::nullopt;
  const auto byte = [&](std::size_t at) { return at < code.size() ? std::to_integer<unsigned>(code[at]) : 0U; };
  std::size_t at = 0;
  const auto starts_with = [&](std::initializer_list<unsigned> bytes) {
    std::size_t place = at;
    return std::ranges::all_of(bytes, [&](unsigned wanted) { return byte(place++) == wanted; });
  };
  // endbr64, or the nop that the kernel made of it.
  if (starts_with({0xf3, 0x0f, 0x1e, 0xfa}) || starts_with({0x66, 0x0f, 0x1f, 0x00})) at = 4;
  if (byte(at) == 0xe8 || (byte(at) == 0x0f && byte(at + 1) == 0x1f && byte(at + 2) == 0x44)) at += 5;  // for ftrace
  for (unsigned pushes = 0; at < code.size(); ++pushes) {
    if (byte(at) == 0x55) return pushes;  // push %rbp
    if (byte(at) == 0x41 && byte(at + 1) >= 0x50 && byte(at + 1) <= 0x57)
      at += 2;
    else if (byte(at) >= 0x50 && byte(at) <= 0x57)
      at += 1;
    else
      break;
  }
  return std::nullopt;
}

class Walk {
 public:
  Walk(const MemoryReader& memory, const OrcTables& tables, const CodeKnowledge& code, std::span<const Stack> stacks)
      : memory_(memory), tables_(tables), code_(code), stacks_(stacks), left_(stacks.size(), false) {}

  StackTrace run(const StartingPoint& start);

 private:
  /// True where the trace goes on. Error: why it can't.
  Result<bool> step();
  Result<bool> step_to(const OrcEntry& entry);
  /// For code without ORC: to whoever called the function that it is in.
  Result<bool> step_by_call(const Error& why);
  bool is_behind_call_of(VirtualAddress function, VirtualAddress return_address) const;
  Result<OrcEntry> entry_here() const;
  Result<VirtualAddress> frame_end(const OrcEntry& entry) const;
  Result<void> return_from_call(VirtualAddress end);
  Result<void> restore(VirtualAddress at, bool all);
  Result<void> restore_bp(const OrcEntry& entry, VirtualAddress end);
  Result<void> change_stack(VirtualAddress before);
  void add_frame(FrameKind kind, VirtualAddress slot);
  void add_guesses();

  Result<std::uint64_t> word(VirtualAddress address) const;
  Result<std::uint64_t> known(Register name, std::string_view use) const;
  std::optional<std::size_t> stack_of(VirtualAddress address) const;

  const MemoryReader& memory_;
  const OrcTables& tables_;
  const CodeKnowledge& code_;
  std::span<const Stack> stacks_;
  std::vector<bool> left_;
  std::optional<std::size_t> stack_;
  Registers registers_;
  bool exact_ = false;
  std::string via_;
  StackTrace trace_;
};

tl::unexpected<Error> give_up(std::string why, VirtualAddress address) {
  return failure(ErrorCode::corrupt, std::move(why), address.value);
}

StackTrace Walk::run(const StartingPoint& start) {
  registers_ = start.registers;
  exact_ = start.exact;
  stack_ = stack_of(registers_.sp());
  if (start.from_processor && registers_.is_user_mode()) {
    add_frame(FrameKind::user, registers_.sp());
    return std::move(trace_);
  }
  add_frame(FrameKind::start, start.from_processor ? registers_.sp() : registers_.sp() - 8);
  if (start.from_processor) trace_.frames.back().registers = registers_;
  if (!stack_) {
    trace_.problem = fmt::format("stack pointer {:#x} is on no stack of this task", registers_.sp().value);
    return std::move(trace_);
  }
  while (trace_.frames.size() < most_frames) {
    const auto went = step();
    if (!went) {
      trace_.problem = went.error().message;
      add_guesses();
      break;
    }
    if (!*went) break;
  }
  return std::move(trace_);
}

Result<bool> Walk::step() {
  const auto entry = entry_here();
  if (!entry) return step_by_call(entry.error());
  if (entry->type == OrcType::end_of_stack) return false;
  if (entry->type == OrcType::undefined)
    return step_by_call({ErrorCode::corrupt, fmt::format("no ORC entry says what calls {:#x}", registers_.ip().value),
                         registers_.ip().value});
  return step_to(*entry);
}

Result<bool> Walk::step_to(const OrcEntry& entry) {
  const auto end = frame_end(entry);
  if (!end) return failure(end);

  const VirtualAddress before = registers_.sp();
  const std::optional<std::uint64_t> bp_before = registers_.get(Register::bp);
  Result<void> done;
  if (entry.type == OrcType::call)
    done = return_from_call(*end);
  else
    done = restore(*end, entry.type == OrcType::registers);
  if (!done) return failure(done);
  exact_ = entry.signal;
  if (entry.bp_base != OrcBase::undefined) {
    if (bp_before && !registers_.is_known(Register::bp)) registers_.set(Register::bp, *bp_before);
    done = restore_bp(entry, *end);
  }
  const bool by_registers = entry.type != OrcType::call;
  const bool user = by_registers && registers_.is_user_mode();
  if (user) {
    stack_.reset();
    add_frame(FrameKind::user, registers_.sp());
    return false;
  }
  if (registers_.ip().value == 0 && !by_registers)
    return give_up(fmt::format("return address 0 at {:#x}", (*end - 8).value), *end);
  Result<void> moved = change_stack(before);
  add_frame(by_registers ? FrameKind::interrupted : FrameKind::call, by_registers ? registers_.sp() : *end - 8);
  if (!moved) return failure(moved);
  if (!done) return failure(done);
  return true;
}

// Functions that objtool was told to leave alone have no ORC, __crash_kexec among them, where the registers of a CPU
// that panicked were taken. Their caller's return address is the first one up the stack that lies behind a call of just
// this function; the pushes at its beginning tell where it put the caller's base pointer.
Result<bool> Walk::step_by_call(const Error& why) {
  const auto function = code_.function_start(registers_.ip());
  if (!function || !stack_) return tl::unexpected<Error>(why);
  const VirtualAddress top = stacks_[*stack_].end;
  VirtualAddress slot = registers_.sp();
  for (std::size_t words = 0; words < most_searched_words && slot + 8 <= top; ++words, slot = slot + 8) {
    const auto value = word(slot);
    if (!value) break;
    if (!code_.is_code(VirtualAddress{*value}) || !is_behind_call_of(*function, VirtualAddress{*value})) continue;
    const auto pushed = pushes_before_bp(memory_, *function);
    OrcEntry entry;
    entry.type = OrcType::call;
    entry.sp_base = OrcBase::sp;
    entry.sp_offset = static_cast<std::int16_t>(slot + 8 - registers_.sp());
    // A function that does not save the base pointer leaves it as its caller had it.
    if (pushed) {
      entry.bp_base = OrcBase::previous_sp;
      entry.bp_offset = static_cast<std::int16_t>(-16 - 8 * static_cast<int>(*pushed));
    }
    return step_to(entry);
  }
  return tl::unexpected<Error>(why);
}

bool Walk::is_behind_call_of(VirtualAddress function, VirtualAddress return_address) const {
  std::array<std::byte, 5> call{};
  if (!memory_.read(return_address - call.size(), call) || call[0] != std::byte{0xe8}) return false;
  return return_address + static_cast<std::uint64_t>(std::int64_t{load<std::int32_t>(call, 1)}) == function;
}

Result<OrcEntry> Walk::entry_here() const {
  const VirtualAddress ip = registers_.ip();
  // A call of address 0: the caller's address lies on top of the stack.
  if (ip.value == 0) return OrcEntry{8, 0, OrcBase::sp, OrcBase::undefined, OrcType::call, false};
  const auto entry = tables_.find(exact_ ? ip : ip - 1);
  if (!entry) return failure(entry);
  if (*entry) return **entry;
  // Generated code: its base pointer leads on, if anything does.
  if (code_.keeps_frame_pointers(ip)) return OrcEntry{16, -16, OrcBase::bp, OrcBase::previous_sp, OrcType::call, false};
  return give_up(fmt::format("no ORC table speaks of {:#x}", ip.value), ip);
}

Result<VirtualAddress> Walk::frame_end(const OrcEntry& entry) const {
  const auto offset = static_cast<std::uint64_t>(std::int64_t{entry.sp_offset});
  const auto from = [&](Register name, std::uint64_t distance) {
    return known(name, "the frame's start").map([&](std::uint64_t value) { return VirtualAddress{value + distance}; });
  };
  const auto behind = [&](Result<VirtualAddress> place, std::uint64_t distance) -> Result<VirtualAddress> {
    if (!place) return failure(place);
    return word(*place).map([&](std::uint64_t value) { return VirtualAddress{value + distance}; });
  };
  switch (entry.sp_base) {
    case OrcBase::sp: return from(Register::sp, offset);
    case OrcBase::bp: return from(Register::bp, offset);
    case OrcBase::sp_indirect: return behind(from(Register::sp, 0), offset);
    case OrcBase::bp_indirect: return behind(from(Register::bp, offset), 0);
    case OrcBase::r10: return from(Register::r10, 0);
    case OrcBase::r13: return from(Register::r13, 0);
    case OrcBase::di: return from(Register::di, 0);
    case OrcBase::dx: return from(Register::dx, 0);
    default:
      return give_up(fmt::format("the ORC entry of {:#x} names register {}", registers_.ip().value,
                                 static_cast<unsigned>(entry.sp_base)),
                     registers_.ip());
  }
}

Result<void> Walk::return_from_call(VirtualAddress end) {
  const VirtualAddress slot = end - 8;
  const auto found = word(slot);
  if (!found) return failure(found);
  VirtualAddress pc{*found};
  via_.clear();
  // One tracer may have replaced another's trampoline.
  for (unsigned depth = 0; depth < 4; ++depth) {
    auto original = code_.original_return(pc, slot);
    if (!original) break;
    via_ += (via_.empty() ? "" : ", ") + original->trampoline;
    pc = original->address;
  }
  const auto bp = registers_.get(Register::bp);
  registers_ = Registers();
  registers_.set(Register::ip, pc.value);
  registers_.set(Register::sp, end.value);
  if (bp) registers_.set(Register::bp, *bp);
  return {};
}

Result<void> Walk::restore(VirtualAddress at, bool all) {
  std::array<std::byte, pt_regs_bytes> bytes{};
  via_.clear();
  if (all) {
    if (auto read = memory_.read(at, bytes); !read) return failure(std::move(read));
    registers_ = Registers::from_pt_regs(bytes);
    return {};
  }
  // Only what the processor pushed; the other registers are still what they were.
  const auto pushed = std::span(bytes).subspan(interrupt_frame_offset);
  if (auto read = memory_.read(at, pushed); !read) return failure(std::move(read));
  for (std::size_t number = 0; number < pushed.size() / 8; ++number)
    registers_.set(static_cast<Register>(static_cast<std::size_t>(Register::ip) + number),
                   load<std::uint64_t>(pushed, number * 8));
  registers_.forget(Register::orig_ax);
  return {};
}

Result<void> Walk::restore_bp(const OrcEntry& entry, VirtualAddress end) {
  const auto offset = static_cast<std::uint64_t>(std::int64_t{entry.bp_offset});
  VirtualAddress place = end + offset;
  if (entry.bp_base == OrcBase::bp) {
    const auto bp = known(Register::bp, "the caller's base pointer");
    if (!bp) return failure(bp);
    place = VirtualAddress{*bp + offset};
  } else if (entry.bp_base != OrcBase::previous_sp) {
    return give_up(
        fmt::format("an ORC entry names register {} for the base pointer", static_cast<unsigned>(entry.bp_base)),
        registers_.ip());
  }
  const auto value = word(place);
  if (!value) return failure(value);
  registers_.set(Register::bp, *value);
  return {};
}

Result<void> Walk::change_stack(VirtualAddress before) {
  const VirtualAddress sp = registers_.sp();
  const auto next = stack_of(sp);
  if (!next) {
    // The very top of a stack is no byte of it.
    if (stack_ && sp == stacks_[*stack_].end) return {};
    return give_up(fmt::format("stack pointer {:#x} is on no stack of this task", sp.value), sp);
  }
  if (next == stack_) {
    if (sp <= before) return give_up(fmt::format("the stack pointer does not move on from {:#x}", before.value), sp);
    return {};
  }
  if (left_[*next])
    return give_up(fmt::format("the trace comes back to the {} stack at {:#x}", stacks_[*next].name, sp.value), sp);
  if (stack_) left_[*stack_] = true;
  stack_ = next;
  return {};
}

void Walk::add_frame(FrameKind kind, VirtualAddress slot) {
  StackFrame frame;
  frame.kind = kind;
  frame.pc = registers_.ip();
  frame.sp = registers_.sp();
  frame.slot = slot;
  frame.is_return_address = !exact_;
  if (stack_) frame.stack = stacks_[*stack_].name;
  frame.via = via_;
  if (kind == FrameKind::interrupted || kind == FrameKind::user) frame.registers = registers_;
  trace_.frames.push_back(std::move(frame));
}

void Walk::add_guesses() {
  if (!stack_) return;
  const Stack& stack = stacks_[*stack_];
  VirtualAddress at{(std::max(registers_.sp(), stack.begin).value + 7) & ~std::uint64_t{7}};
  for (std::size_t count = 0; at < stack.end && count < most_guesses; at = at + 8) {
    const auto value = word(at);
    if (!value) {
      at = VirtualAddress{at.value | (guard_bytes - 8)};  // the rest of the page is missing as well
      continue;
    }
    if (!code_.is_code(VirtualAddress{*value})) continue;
    StackFrame frame;
    frame.kind = FrameKind::guess;
    frame.pc = VirtualAddress{*value};
    frame.sp = at + 8;
    frame.slot = at;
    frame.stack = stack.name;
    trace_.frames.push_back(std::move(frame));
    ++count;
  }
}

Result<std::uint64_t> Walk::word(VirtualAddress address) const {
  std::array<std::byte, 8> bytes{};
  if (auto read = memory_.read(address, bytes); !read) return failure(std::move(read));
  return load<std::uint64_t>(bytes);
}

Result<std::uint64_t> Walk::known(Register name, std::string_view use) const {
  if (const auto value = registers_.get(name)) return *value;
  return give_up(
      fmt::format("{} is in {}, which is not known at {:#x}", use, register_name(name), registers_.ip().value),
      registers_.ip());
}

std::optional<std::size_t> Walk::stack_of(VirtualAddress address) const {
  for (std::size_t number = 0; number < stacks_.size(); ++number)
    if (stacks_[number].contains(address)) return number;
  for (std::size_t number = 0; number < stacks_.size(); ++number)
    if (address < stacks_[number].begin && stacks_[number].begin - address <= guard_bytes) return number;
  return std::nullopt;
}

}  // namespace

StackTrace OrcUnwinder::unwind(const StartingPoint& start, std::span<const Stack> stacks) const {
  return Walk(memory_, tables_, code_, stacks).run(start);
}

}  // namespace alicia::arch::x86_64
