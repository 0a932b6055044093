// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/elf_header.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace alicia::dump {
namespace {

/// More program headers than any dump has: 128 MiB of them.
constexpr std::uint64_t kMostSegments = std::uint64_t{1} << 21;

template <class Ehdr>
ElfHeader convert_header(std::span<const std::byte> bytes) {
  const auto raw = load<Ehdr>(bytes);
  ElfHeader header;
  header.wide = sizeof(Ehdr) == sizeof(Elf64_Ehdr);
  header.type = raw.e_type;
  header.machine = raw.e_machine;
  header.program_headers = FileOffset{raw.e_phoff};
  header.section_headers = FileOffset{raw.e_shoff};
  header.program_header_count = raw.e_phnum;
  header.section_header_count = raw.e_shnum;
  return header;
}

template <class Phdr>
ElfSegment convert_segment(std::span<const std::byte> bytes) {
  const auto raw = load<Phdr>(bytes);
  return {raw.p_type, FileOffset{raw.p_offset}, VirtualAddress{raw.p_vaddr},
          // (Elf32_Addr)-1 and its wide form both mean that there is none.
          PhysicalAddress{raw.p_paddr == static_cast<decltype(raw.p_paddr)>(-1) ? ~std::uint64_t{0} : raw.p_paddr},
          raw.p_filesz, raw.p_memsz};
}

Result<std::uint64_t> count_in_section_zero(const File& file, const ElfHeader& header) {
  std::array<std::byte, sizeof(Elf64_Shdr)> bytes{};
  const std::size_t size = header.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
  if (auto done = file.read(header.section_headers, std::span{bytes}.first(size)); !done)
    return failure(std::move(done));
  return header.wide ? load<Elf64_Shdr>(bytes).sh_info : load<Elf32_Shdr>(bytes).sh_info;
}

}  // namespace

bool is_elf(std::span<const std::byte> head) {
  return head.size() >= EI_NIDENT && as_text(head.first(SELFMAG)) == ELFMAG;
}

Result<ElfHeader> read_elf_header(const File& file) {
  const std::string name = file.path().string();
  std::array<std::byte, sizeof(Elf64_Ehdr)> bytes{};
  const auto got = file.read_some(FileOffset{0}, bytes);
  if (!got) return failure(got);
  const auto elf_class = std::to_integer<unsigned>(bytes[EI_CLASS]);
  const bool wide = elf_class == ELFCLASS64;
  if (*got < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
    return failure(ErrorCode::truncated_file, fmt::format("{}: the file ends within its ELF header", name));
  }
  if (!wide && elf_class != ELFCLASS32) return failure(ErrorCode::corrupt, fmt::format("{}: no ELF class", name));
  if (std::to_integer<unsigned>(bytes[EI_DATA]) != ELFDATA2LSB) {
    return failure(ErrorCode::wrong_architecture, fmt::format("{}: an ELF file of a big-endian machine", name));
  }
  ElfHeader header = wide ? convert_header<Elf64_Ehdr>(bytes) : convert_header<Elf32_Ehdr>(bytes);
  if (header.program_header_count == PN_XNUM) {
    const auto count = count_in_section_zero(file, header);
    if (!count) {
      return failure(count.error().code, fmt::format("{}: cannot read the number of its program headers", name));
    }
    header.program_header_count = *count;
  }
  return header;
}

Result<std::vector<ElfSegment>> read_elf_segments(const File& file, const ElfHeader& header) {
  const std::size_t size = header.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  if (header.program_header_count > kMostSegments) {
    return failure(ErrorCode::corrupt, fmt::format("{}: {} program headers, which no dump has", file.path().string(),
                                                   header.program_header_count));
  }
  std::vector<ElfSegment> segments;
  const std::uint64_t at_once = std::min<std::uint64_t>({header.program_header_count, 4096, file.size() / size + 1});
  std::vector<std::byte> bytes(at_once * size);
  while (segments.size() < header.program_header_count) {
    const std::uint64_t wanted = std::min<std::uint64_t>(at_once, header.program_header_count - segments.size());
    const auto got =
        file.read_some(header.program_headers + segments.size() * size, std::span{bytes}.first(wanted * size));
    if (!got) return failure(got);
    const std::uint64_t whole = *got / size;
    for (std::size_t at = 0; at < whole * size; at += size) {
      const auto one = std::span{bytes}.subspan(at, size);
      segments.push_back(header.wide ? convert_segment<Elf64_Phdr>(one) : convert_segment<Elf32_Phdr>(one));
    }
    if (whole < wanted) break;
  }
  if (segments.empty() && header.program_header_count != 0) {
    return failure(
        ErrorCode::truncated_file,
        fmt::format("{}: the file ends after {} bytes, before its program headers", file.path().string(), file.size()));
  }
  return segments;
}

std::string elf_machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86_64";
    case EM_386: return "i686";
    case EM_AARCH64: return "aarch64";
    case EM_ARM: return "arm";
    case EM_PPC: return "ppc";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390x";
    case EM_IA_64: return "ia64";
    case EM_MIPS: return "mips";
    case EM_RISCV: return "riscv";
    case EM_LOONGARCH: return "loongarch";
    case EM_SPARCV9: return "sparc64";
    default: return fmt::format("ELF machine {}", machine);
  }
}

}  // namespace alicia::dump
