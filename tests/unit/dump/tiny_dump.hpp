// SPDX-License-Identifier: GPL-3.0-or-later
// Dumps of some kilobytes, made from a few lines of text, so that tests and the fuzzers' corpus say what they contain.
//
//   format kdump                  kdump, elf or lkcd
//   version 6                     any setting: a name and the rest of the line
//   page 3 zlib                   frame 3, stored so; its bytes are tiny_page(3, page size)
//   page 5 raw 77                 … or those of tiny_page(77)
//   # a comment
//
// Settings, beside format, version and block (page size):
//   width 32|64, machine, sysname, release, node, time, cpus, cpu
//   kdump: signature, frames, status, level, split BEGIN END, bitmaps 1|2, vmcoreinfo LINE (repeatable), erase TEXT,
//          cut N (drop the last N bytes); pages: raw zlib lzo snappy zstd memory (there but excluded), zero, unwritten,
//          damaged
//   elf:   machine NUMBER, segment PHYSICAL VIRTUAL FILE_PAGES MEMORY_PAGES [SEED] (repeatable; hexadecimal addresses,
//          or bytes where a size begins with 0x), vmcoreinfo LINE, sections yes (number of program headers in section
//          0), note NAME TYPE (repeatable), cut N
//   lkcd:  compress 0|1|2, mclx yes, end no, base ADDRESS, count, panic TEXT; pages: raw zlib rle zero
//   any:   flatten RECORD_SIZE (wrapped as makedumpfile -F would), endmark no
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace alicia::dump::test {

/// The machines that dumps are of, as settings.
inline constexpr const char* machines[] = {"width 64\nmachine x86_64\n", "width 32\nmachine i686\n",
                                           "width 64\nmachine aarch64\n"};

/// The bytes that a page made from `seed` has: text-like, so that every compression makes it smaller.
std::string tiny_page(std::uint64_t seed, std::size_t size);

/// The file that a description stands for. Throws std::invalid_argument where it makes no sense.
std::string tiny_dump(std::string_view description);

/// `content` as records of `record_size` bytes, as makedumpfile -F writes it.
std::string flatten(std::string_view content, std::size_t record_size, bool end_mark = true);

}  // namespace alicia::dump::test
