// SPDX-License-Identifier: GPL-3.0-or-later
//
// libalicia: a Linux kernel crash dump as a C++ program sees it. Nothing but the dump is needed:
//
//     auto kernel = alicia::api::Kernel::open({"vmcore"});
//     if (!kernel) return complain(kernel.failure().message);
//     auto task = kernel->address_of("init_task");
//     auto name = kernel->member(*task, "struct task_struct", "comm", "char *");
//
// Nothing throws but std::bad_alloc and std::logic_error (the value of an outcome that has none). A Kernel is used by
// one thread at a time, except for reading memory, which any number may do at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#define ALICIA_API __attribute__((visibility("default")))

namespace alicia::api {

/// Why something could not be done.
struct Failure {
  std::string code;     ///< one word for programs: `no_such_symbol`, `page_excluded`, `unmapped`
  std::string message;  ///< for people: lower case, no full stop, what and where
  std::optional<std::uint64_t> address;
};

/// A value, or why there is none.
template <class T>
class Outcome {
 public:
  Outcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() {
    require(0);
    return *std::get_if<0>(&content_);
  }
  const T& value() const {
    require(0);
    return *std::get_if<0>(&content_);
  }
  const Failure& failure() const {
    require(1);
    return *std::get_if<1>(&content_);
  }

 private:
  void require(std::size_t index) const {
    if (content_.index() != index)
      throw std::logic_error(index == 0 ? "outcome is a failure" : "outcome is no failure");
  }
  std::variant<T, Failure> content_;
};

/// What an operation without a value gives.
struct Done {};

struct Symbol {
  std::string name;
  std::uint64_t address = 0;  ///< in this dump, KASLR applied; a per-CPU symbol's offset
  char type = '?';            ///< nm's letter
  std::string module;         ///< empty for the kernel itself
};

/// An address told as a symbol and the bytes beyond it.
struct SymbolOffset {
  Symbol symbol;
  std::uint64_t offset = 0;
};

/// The files to open. Only the dump is needed; several files are the parts of one split dump.
struct Files {
  std::vector<std::string> dump;
  std::string kernel;  ///< vmlinux, its debug file, or Kerntypes; may be empty
  std::string map;     ///< System.map; may be empty
  /// Where types are looked for besides: a Kerntypes object, raw BTF, modules' `.ko` and `.ko.debug` files, in any
  /// order.
  std::vector<std::string> types = {};
  /// Types come from DWARF alone; the dump's own BTF is not looked at.
  bool refuse_btf = false;
  /// Where debug information is installed, by build-id; empty: not looked for.
  std::string debug_folder = "/usr/lib/debug";
};

/// A pointer's value.
struct Address {
  std::uint64_t value = 0;
};
/// A struct, union or array: where it lies and how C writes its type.
struct Aggregate {
  std::uint64_t address = 0;
  std::string type;
};
/// What a member holds. std::monostate is the absence of a string: a null `char *`.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, Address, std::string, Aggregate>;

/// One opened dump.
class ALICIA_API Kernel {
 public:
  /// Failures: cannot_open, wrong_format, wrong_architecture, truncated_file, page_truncated, corrupt and others.
  static Outcome<Kernel> open(const Files& files);
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  /// What is odd or missing and could be done without, one line each.
  std::vector<std::string> warnings() const;
  /// The kind of dump file, for people: `kdump-compressed version 6 (zlib)`.
  std::string format() const;
  /// A line of VMCOREINFO: `OSRELEASE`, `SYMBOL(init_uts_ns)`.
  std::optional<std::string> vmcoreinfo(std::string_view key) const;
  unsigned pointer_bytes() const;
  /// What KASLR added to every address of vmlinux.
  std::uint64_t kernel_offset() const;

  /// Symbols of the kernel, then of modules; of several the lowest. Failure: no_such_symbol.
  Outcome<Symbol> symbol(std::string_view name) const;
  Outcome<std::uint64_t> address_of(std::string_view name) const;
  std::optional<SymbolOffset> symbol_at(std::uint64_t address) const;
  /// Every symbol, until `visit` returns false.
  void for_each_symbol(const std::function<bool(const Symbol&)>& visit) const;

  /// Fills `out` with the bytes at the virtual address: all, or a failure with the first address not readable.
  Outcome<Done> read(std::uint64_t address, std::span<std::byte> out) const;
  /// An unsigned number of 1, 2, 4 or 8 bytes.
  Outcome<std::uint64_t> read_unsigned(std::uint64_t address, unsigned bytes) const;
  /// Bytes up to NUL, at most `limit`.
  Outcome<std::string> read_string(std::uint64_t address, std::size_t limit = 65536) const;
  /// As read(), at a physical address.
  Outcome<Done> read_physical(std::uint64_t address, std::span<std::byte> out) const;
  /// Virtual to physical, with the kernel's page tables.
  Outcome<std::uint64_t> translate(std::uint64_t address) const;
  /// As read(), at an address of user space. @param task the address of a task_struct, whose page tables count
  /// Failures: no_memory_there for a kernel thread; page_excluded where the dump's filter left user pages out; those of
  /// read(). For one thread at a time: types may be read.
  Outcome<Done> read_user(std::uint64_t task, std::uint64_t address, std::span<std::byte> out);
  /// Virtual to physical, with the page tables of a task. Failures: as read_user().
  Outcome<std::uint64_t> translate_user(std::uint64_t task, std::uint64_t address);

  /// Bytes of a type: `struct page`, `unsigned long [4]`. Failures: no_such_type, type_mismatch, bad_argument.
  Outcome<std::uint64_t> size_of(std::string_view type);
  /// Bytes from the start of `type` to the member at `path`, which leads through no pointer: `se.vruntime`.
  /// Failures: no_such_type, no_such_member; type_mismatch for a bit-field that starts within a byte.
  Outcome<std::uint64_t> offset_of(std::string_view type, std::string_view path);
  /// The member at `path` (`comm`, `mm->owner`, `cpus_mask.bits[0]`) of the `type` at `address`: as the kernel declares
  /// it, or as the C type `as` (`char *` gives text, of an array or of what a pointer points to).
  Outcome<Value> member(std::uint64_t address, std::string_view type, std::string_view path, std::string_view as = {});
  /// How C writes the type of a global: `struct task_struct`. Failure: no_such_type.
  Outcome<std::string> type_of_symbol(std::string_view name);

  unsigned possible_cpus() const;
  std::vector<unsigned> online_cpus() const;
  /// What is added to a per-CPU symbol's offset. Failure: bad_argument.
  Outcome<std::uint64_t> per_cpu_offset(unsigned cpu) const;

 private:
  struct Inside;
  explicit Kernel(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace alicia::api
