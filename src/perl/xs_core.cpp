// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls that read symbols and memory: get_addr, get_mem, kernel, and their simpler relatives.
#include <array>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"
#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

constexpr UV kMaxWords = UV{1} << 20;
constexpr UV kMaxBytes = UV{1} << 26;

void xs_get_addr(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "get_addr(SYMBOL)");
  State& state = state_of(cv);
  const Text name = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.symbol(name.view()).map([&](VirtualAddress at) { return new_address(aTHX_ state, at.value); });
  });
  XSRETURN(1);
}

void xs_find_addr(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "find_addr(SYMBOL)");
  State& state = state_of(cv);
  const Text name = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    const Result<VirtualAddress> found = state.calls.symbol(name.view());
    if (found) return new_address(aTHX_ state, found->value);
    if (found.error().code == ErrorCode::no_such_symbol) return newSV(0);
    return failure(found);
  });
  XSRETURN(1);
}

/// Bytes of memory as a mortal SV: perl owns the buffer, so nothing is lost when it dies.
SV* read_bytes(pTHX_ State& state, std::uint64_t address, std::size_t count) {
  SV* buffer = newSV(count + 1);
  SvPOK_only(buffer);
  SvCUR_set(buffer, count);
  SvPVX(buffer)[count] = '\0';
  sv_2mortal(buffer);
  return guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.read(VirtualAddress{address}, {reinterpret_cast<std::byte*>(SvPVX(buffer)), count}).map([&] {
      return SvREFCNT_inc_NN(buffer);
    });
  });
}

void xs_get_mem(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items >= 1 && items <= 3, "get_mem(ADDRESS [, COUNT [, WIDTH]])");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  std::size_t count = 1;
  unsigned width = items == 1 ? state.calls.pointer_bytes() : 4;
  if (items >= 2) {
    count = number_argument(aTHX_ ST(1), "the count of get_mem", kMaxWords);
    if (count == 0) die_with(aTHX_ ErrorCode::bad_argument, "the count of get_mem has to be at least 1");
  }
  if (items == 3) {
    width = static_cast<unsigned>(number_argument(aTHX_ ST(2), "the width of get_mem", 8));
    if (width != 1 && width != 2 && width != 4 && width != 8) {
      die_with(aTHX_ ErrorCode::bad_argument, "the width of get_mem is %u, and has to be 1, 2, 4 or 8", width);
    }
  }
  const char* bytes = SvPVX(read_bytes(aTHX_ state, address, count * width));
  const std::size_t wanted = GIMME_V == G_LIST ? count : 1;
  SP = PL_stack_base + ax - 1;  // methods that the arguments called may have moved the stack
  EXTEND(SP, static_cast<SSize_t>(wanted));
  for (std::size_t i = 0; i < wanted; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i * width, width);
    mPUSHs(new_hexadecimal(aTHX_ word, width * 2));
  }
  XSRETURN(static_cast<SSize_t>(wanted));
}

void xs_kernel(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 3 || items == 4, "kernel(ADDRESS, STRUCT, MEMBER [, TYPE])");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  const Text structure = text_argument(aTHX_ ST(1));
  const Text member = text_argument(aTHX_ ST(2));
  const Text type = items == 4 ? text_argument(aTHX_ ST(3)) : Text{"", 0};
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.member(VirtualAddress{address}, structure.view(), member.view(), type.view())
        .map([&](const types::Value& value) { return new_value(aTHX_ state, value); });
  });
  XSRETURN(1);
}

void xs_read_mem(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 2, "read_mem(ADDRESS, BYTES)");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  const std::size_t count = number_argument(aTHX_ ST(1), "the length of read_mem", kMaxBytes);
  ST(0) = read_bytes(aTHX_ state, address, count);
  XSRETURN(1);
}

void xs_read_string(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1 || items == 2, "read_string(ADDRESS [, LIMIT])");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  const std::size_t limit =
      items == 2 ? number_argument(aTHX_ ST(1), "the limit of read_string", kMaxBytes) : std::size_t{65536};
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return types::read_string(state.calls.memory(), VirtualAddress{address}, limit).map([&](const std::string& text) {
      return newSVpvn(text.data(), text.size());
    });
  });
  XSRETURN(1);
}

void xs_read_ptr(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "read_ptr(ADDRESS)");
  State& state = state_of(cv);
  const std::uint64_t address = address_argument(aTHX_ state, ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return state.calls.read_pointer(VirtualAddress{address}).map([&](VirtualAddress read) {
      return new_address(aTHX_ state, read.value);
    });
  });
  XSRETURN(1);
}

}  // namespace

void define_core(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::get_addr", xs_get_addr, "$");
  define(aTHX_ state, "Alicia::find_addr", xs_find_addr, "$");
  define(aTHX_ state, "Alicia::get_mem", xs_get_mem);
  define(aTHX_ state, "Alicia::kernel", xs_kernel);
  define(aTHX_ state, "Alicia::read_mem", xs_read_mem);
  define(aTHX_ state, "Alicia::read_string", xs_read_string);
  define(aTHX_ state, "Alicia::read_ptr", xs_read_ptr);
}

}  // namespace alicia::perl
