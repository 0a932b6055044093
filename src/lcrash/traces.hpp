// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lcrash/context.hpp"
#include "target/code_map.hpp"
#include "target/unwinder.hpp"

namespace alicia::lcrash {

/// One line of a trace.
struct TraceLine {
  VirtualAddress pc;
  VirtualAddress slot;            ///< where on the stack it was found
  bool is_return_address = true;  ///< what is called is looked up a byte earlier
  bool is_guess = false;          ///< found on the stack; nothing proves that it belongs there
};

struct Trace {
  std::vector<TraceLine> lines;
  std::string problem;  ///< why it ends before its end; mostly empty
};

/// Stack traces as far as the architecture allows: by the kernel's unwind tables (x86_64), by frame pointers (aarch64),
/// else the addresses of code that lie on the stack.
class Traces {
 public:
  explicit Traces(target::Target& target);

  /// Errors: those of reading the task.
  Result<Trace> of(VirtualAddress task) const;
  /// The same, as if the task stood at `pc` with these pointers to its stack and its frame; `fp` may be zero.
  Result<Trace> from(VirtualAddress task, VirtualAddress pc, VirtualAddress sp, VirtualAddress fp) const;
  /// The task on whose stack, or on whose processor's, an address lies. Errors: bad_argument (there is none), those of
  /// listing the tasks.
  Result<VirtualAddress> task_with_stack(VirtualAddress sp, const Cancellation& cancellation) const;
  /// Every address of code on a task's stack from where it stands.
  Result<Trace> code_on_stack(VirtualAddress task) const;
  /// `[module]function+offset`, the offset decimal.
  std::string name(const TraceLine& line) const;

 private:
  struct Sleeping {
    VirtualAddress sp, fp, pc;  // zero where the architecture does not save it
  };
  Result<Sleeping> sleeping(VirtualAddress task) const;
  static Trace of_frames(const target::TaskTrace& unwound);
  Result<Trace> asleep(VirtualAddress task) const;
  Result<Trace> by_frame_pointers(VirtualAddress task, const Sleeping& from) const;
  Result<Trace> scan(VirtualAddress task, VirtualAddress sp) const;

  target::Target& target_;
  target::CodeMap code_;
  target::TaskStacks stacks_;
  std::unique_ptr<target::Unwinder> unwinder_;
};

}  // namespace alicia::lcrash
