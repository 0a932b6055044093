// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/user_memory.hpp"

#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

Result<VirtualAddress> pointer_member(Target& target, std::string_view type, std::string_view member,
                                      VirtualAddress object) {
  const auto layout = Layout::of(target.types(), type);
  if (!layout) return failure(layout);
  const auto slot = layout->slot(member);
  if (!slot) return failure(slot);
  return types::read_pointer(target.memory(), target.types(), object + slot->offset);
}

}  // namespace

Result<PhysicalAddress> user_page_tables(Target& target, VirtualAddress task) {
  return page_tables_of(target, task, "mm");
}

Result<PhysicalAddress> page_tables_of(Target& target, VirtualAddress task, std::string_view member) {
  const auto mm = pointer_member(target, "struct task_struct", member, task);
  if (!mm) return failure(mm);
  if (mm->value == 0)
    return failure(ErrorCode::no_memory_there, "the task has no user memory (a kernel thread, or it has exited)",
                   task.value);
  const auto table = pointer_member(target, "struct mm_struct", "pgd", *mm);
  if (!table) return failure(table);
  const auto translation = target.translator().translate(*table);
  if (!translation) return failure(translation);
  return translation->physical;
}

}  // namespace alicia::target
