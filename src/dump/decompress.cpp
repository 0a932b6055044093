// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/decompress.hpp"

#include <fmt/format.h>
#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

namespace alicia::dump {
namespace {

Result<void> damaged(Compression compression, std::string_view why) {
  return failure(ErrorCode::page_unreadable, fmt::format("damaged {} data ({})", compression_name(compression), why));
}

Result<void> check_length(Compression compression, std::uint64_t length, std::size_t expected) {
  if (length == expected) return {};
  return damaged(compression, fmt::format("{} bytes instead of {}", length, expected));
}

Result<void> copy_raw(std::span<const std::byte> packed, std::span<std::byte> out) {
  if (packed.size() != out.size()) return check_length(Compression::none, packed.size(), out.size());
  std::ranges::copy(packed, out.begin());
  return {};
}

std::string_view reason(libdeflate_result result) {
  switch (result) {
    case LIBDEFLATE_SUCCESS: return "no error";
    case LIBDEFLATE_BAD_DATA: return "bad stream or checksum";
    case LIBDEFLATE_SHORT_OUTPUT: return "too few bytes";
    case LIBDEFLATE_INSUFFICIENT_SPACE: return "more than a page";
  }
  return "unknown error";
}

Result<void> inflate_zlib(std::span<const std::byte> packed, std::span<std::byte> out) {
  // Its tables take 11 KB, which are cleared each time one is made: each thread keeps one.
  thread_local const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      ::libdeflate_alloc_decompressor(), &::libdeflate_free_decompressor);
  if (!inflater) throw std::bad_alloc();
  std::size_t length = 0;
  const libdeflate_result result =
      ::libdeflate_zlib_decompress(inflater.get(), packed.data(), packed.size(), out.data(), out.size(), &length);
  if (result != LIBDEFLATE_SUCCESS) return damaged(Compression::zlib, reason(result));
  return check_length(Compression::zlib, length, out.size());
}

Result<void> inflate_lzo(std::span<const std::byte> packed, std::span<std::byte> out) {
  lzo_uint length = out.size();
  const int status = ::lzo1x_decompress_safe(reinterpret_cast<const unsigned char*>(packed.data()), packed.size(),
                                             reinterpret_cast<unsigned char*>(out.data()), &length, nullptr);
  if (status != LZO_E_OK) return damaged(Compression::lzo, fmt::format("error {}", status));
  return check_length(Compression::lzo, length, out.size());
}

Result<void> inflate_snappy(std::span<const std::byte> packed, std::span<std::byte> out) {
  const auto* data = reinterpret_cast<const char*>(packed.data());
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(data, packed.size(), &length)) return damaged(Compression::snappy, "no length");
  if (length != out.size()) return check_length(Compression::snappy, length, out.size());
  if (!snappy::RawUncompress(data, packed.size(), reinterpret_cast<char*>(out.data()))) {
    return damaged(Compression::snappy, "bad stream");
  }
  return {};
}

Result<void> inflate_zstd(std::span<const std::byte> packed, std::span<std::byte> out) {
  const std::size_t length = ::ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (::ZSTD_isError(length) != 0) return damaged(Compression::zstd, ::ZSTD_getErrorName(length));
  return check_length(Compression::zstd, length, out.size());
}

/// A byte other than zero stands for itself; `00 00` is one zero; `00 N v` is N + 1 times v.
Result<void> expand_rle(std::span<const std::byte> packed, std::span<std::byte> out) {
  std::size_t done = 0;
  std::size_t at = 0;
  while (at < packed.size()) {
    std::byte value = packed[at++];
    std::size_t copies = 1;
    if (value == std::byte{0}) {
      if (at == packed.size()) return damaged(Compression::rle, "it ends within a run");
      const auto run = std::to_integer<std::size_t>(packed[at++]);
      if (run != 0) {
        if (at == packed.size()) return damaged(Compression::rle, "it ends within a run");
        copies = run + 1;
        value = packed[at++];
      }
    }
    if (copies > out.size() - done) return damaged(Compression::rle, "more than a page");
    std::ranges::fill(out.subspan(done, copies), value);
    done += copies;
  }
  return check_length(Compression::rle, done, out.size());
}

}  // namespace

std::string_view compression_name(Compression compression) {
  switch (compression) {
    case Compression::none: return "raw";
    case Compression::zlib: return "zlib";
    case Compression::lzo: return "lzo";
    case Compression::snappy: return "snappy";
    case Compression::zstd: return "zstd";
    case Compression::rle: return "rle";
  }
  return "unknown";
}

Result<void> decompress(Compression compression, std::span<const std::byte> packed, std::span<std::byte> out) {
  switch (compression) {
    case Compression::none: return copy_raw(packed, out);
    case Compression::zlib: return inflate_zlib(packed, out);
    case Compression::lzo: return inflate_lzo(packed, out);
    case Compression::snappy: return inflate_snappy(packed, out);
    case Compression::zstd: return inflate_zstd(packed, out);
    case Compression::rle: return expand_rle(packed, out);
  }
  return failure(ErrorCode::internal, "no such compression");
}

}  // namespace alicia::dump
