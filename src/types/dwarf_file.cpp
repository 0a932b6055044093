// SPDX-License-Identifier: GPL-3.0-or-later
//
// libdwarf's own way to open a file loads whole sections and applies what relocations there are. The x86 kernel is
// linked so that its relocations are kept: 255 MB of them for 164 MB of .debug_info, all applied already by the linker,
// which cost two seconds before the first answer. So sections are handed to libdwarf from here: those of a linked file
// as they lie in the mapped file, read where they are looked at, its relocations not shown; those of an unlinked one (a
// module, a Kerntypes object) with theirs applied, compressed ones decompressed. (The two ways can't be used side by
// side: what libdwarf 20210528 remembers of the one, in a global, breaks the other.)
#include "types/dwarf_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/escape.hpp"
#include "types/elf_file.hpp"

namespace alicia::types {

namespace {

constexpr std::uint64_t largest_section = std::uint64_t{4} << 30;

/// Bytes that a relocation of this type writes in debug information; 0: none that occurs there.
std::size_t relocated_bytes(unsigned machine, std::uint64_t type) {
  switch (machine) {
    case EM_X86_64: return type == R_X86_64_64 ? 8 : type == R_X86_64_32 || type == R_X86_64_32S ? 4 : 0;
    case EM_386: return type == R_386_32 ? 4 : 0;
    case EM_AARCH64: return type == R_AARCH64_ABS64 ? 8 : type == R_AARCH64_ABS32 ? 4 : 0;
    default: return 0;
  }
}

}  // namespace

class DwarfFile::Mapping {
 public:
  Mapping() = default;
  ~Mapping() {
    if (elf_ != nullptr) elf_end(elf_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  Dwarf_Obj_Access_Interface* access() { return &access_; }

  bool read(const std::filesystem::path& path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    elf_ = elf_begin(descriptor_, ELF_C_READ_MMAP, nullptr);
    std::size_t names = 0;
    if (elf_ == nullptr || gelf_getehdr(elf_, &header_) == nullptr || elf_getshdrstrndx(elf_, &names) != 0)
      return false;
    sections_.emplace_back();  // number 0 is nobody's
    for (Elf_Scn* scn = elf_nextscn(elf_, nullptr); scn != nullptr; scn = elf_nextscn(elf_, scn))
      take(scn, names);
    if (header_.e_type != ET_REL) return true;
    for (Elf_Scn* scn = elf_nextscn(elf_, nullptr); scn != nullptr; scn = elf_nextscn(elf_, scn))
      relocate(scn);
    return true;
  }

 private:
  struct Section {
    std::string name;
    const void* data = nullptr;
    std::uint64_t size = 0;
    std::vector<std::byte> relocated;  // where the data is not the file's own
  };

  void take(Elf_Scn* scn, std::size_t names) {
    Section& section = sections_.emplace_back();
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr || header.sh_type == SHT_NOBITS) return;
    const char* name = elf_strptr(elf_, names, header.sh_name);
    if (name == nullptr || !std::string_view(name).starts_with(".debug_")) return;
    if ((header.sh_flags & SHF_COMPRESSED) != 0) {
      GElf_Chdr compression;
      if (gelf_getchdr(scn, &compression) == nullptr || compression.ch_size > largest_section ||
          elf_compress(scn, 0, 0) < 0)
        return;
    }
    const Elf_Data* data = elf_rawdata(scn, nullptr);
    if (data == nullptr || data->d_buf == nullptr || data->d_size == 0) return;
    section = {name, data->d_buf, data->d_size, {}};
  }

  void relocate(Elf_Scn* scn) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr || (header.sh_type != SHT_RELA && header.sh_type != SHT_REL)) return;
    if (header.sh_info >= sections_.size() || sections_[header.sh_info].data == nullptr || header.sh_entsize == 0)
      return;
    Section& section = sections_[header.sh_info];
    Elf_Data* entries = elf_getdata(scn, nullptr);
    Elf_Scn* table = elf_getscn(elf_, header.sh_link);
    Elf_Data* symbols = table != nullptr ? elf_getdata(table, nullptr) : nullptr;
    if (entries == nullptr || symbols == nullptr) return;
    if (section.relocated.empty()) {
      const auto* bytes = static_cast<const std::byte*>(section.data);
      section.relocated.assign(bytes, bytes + section.size);
      section.data = section.relocated.data();
    }
    const auto count = static_cast<int>(std::min<std::uint64_t>(header.sh_size / header.sh_entsize, 100'000'000));
    for (int index = 0; index < count; ++index)
      apply(section.relocated, entries, symbols, index, header.sh_type == SHT_RELA);
  }

  void apply(std::span<std::byte> bytes, Elf_Data* entries, Elf_Data* symbols, int index, bool has_addend) const {
    GElf_Rela entry{};
    GElf_Rel without;
    if (has_addend) {
      if (gelf_getrela(entries, index, &entry) == nullptr) return;
    } else {
      if (gelf_getrel(entries, index, &without) == nullptr) return;
      entry = {without.r_offset, without.r_info, 0};
    }
    const std::size_t width = relocated_bytes(header_.e_machine, GELF_R_TYPE(entry.r_info));
    GElf_Sym symbol;
    if (width == 0 || !fits(entry.r_offset, width, bytes.size()) ||
        gelf_getsym(symbols, static_cast<int>(GELF_R_SYM(entry.r_info) & 0x7fff'ffffU), &symbol) == nullptr)
      return;
    std::uint64_t value = 0;
    if (!has_addend) std::memcpy(&value, bytes.data() + entry.r_offset, width);
    value += symbol.st_value + static_cast<std::uint64_t>(entry.r_addend);
    std::memcpy(bytes.data() + entry.r_offset, &value, width);
  }

  static int section_info(void* object, Dwarf_Half index, Dwarf_Obj_Access_Section* info, int* error) {
    const auto& sections = static_cast<Mapping*>(object)->sections_;
    *error = 0;
    if (index >= sections.size()) return DW_DLV_NO_ENTRY;
    *info = {};
    info->name = sections[index].name.c_str();
    info->size = sections[index].size;
    info->type = sections[index].size != 0 ? SHT_PROGBITS : SHT_NULL;
    return DW_DLV_OK;
  }
  static int load_section(void* object, Dwarf_Half index, Dwarf_Small** data, int* error) {
    const auto& sections = static_cast<Mapping*>(object)->sections_;
    *error = 0;
    if (index >= sections.size() || sections[index].data == nullptr) return DW_DLV_NO_ENTRY;
    // libdwarf's interface knows no const; it writes to sections only when it relocates them.
    *data = static_cast<Dwarf_Small*>(const_cast<void*>(sections[index].data));
    return DW_DLV_OK;
  }
  static Dwarf_Endianness byte_order(void* object) {
    const bool big = static_cast<Mapping*>(object)->header_.e_ident[EI_DATA] == ELFDATA2MSB;
    return big ? DW_OBJECT_MSB : DW_OBJECT_LSB;
  }
  static Dwarf_Small length_bytes(void* /*object*/) { return 4; }
  static Dwarf_Small pointer_bytes(void* object) {
    return static_cast<Mapping*>(object)->header_.e_ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
  }
  static Dwarf_Unsigned section_count(void* object) { return static_cast<Mapping*>(object)->sections_.size(); }

  int descriptor_ = -1;
  Elf* elf_ = nullptr;
  GElf_Ehdr header_{};
  std::vector<Section> sections_;
  Dwarf_Obj_Access_Methods methods_{section_info,  byte_order,   length_bytes, pointer_bytes,
                                    section_count, load_section, nullptr};
  Dwarf_Obj_Access_Interface access_{this, &methods_};
};

DwarfFile::DwarfFile() = default;

DwarfFile::DwarfFile(DwarfFile&& other) noexcept
    : mapping_(std::move(other.mapping_)),
      debug_(std::exchange(other.debug_, nullptr)),
      size_(other.size_),
      build_id_(std::move(other.build_id_)) {}

DwarfFile::~DwarfFile() {
  if (debug_ == nullptr) return;
  Dwarf_Error error = nullptr;
  dwarf_object_finish(debug_, &error);
}

Result<DwarfFile> DwarfFile::open(const std::filesystem::path& path) {
  const auto file = ElfFile::open(path);
  if (!file) return failure(file.error().code, fmt::format("{}: {}", visible(path.string()), file.error().message));
  if (!file->is_elf())
    return failure(ErrorCode::wrong_format, fmt::format("{}: not an ELF file", visible(path.string())));
  // Entries are given back one by one; libdwarf's own account of them doubles the time.
  dwarf_set_de_alloc_flag(0);
  DwarfFile result;
  result.build_id_ = file->build_id();
  std::error_code unknown;
  result.size_ = std::filesystem::file_size(path, unknown);
  result.mapping_ = std::make_unique<Mapping>();
  if (!result.mapping_->read(path))
    return failure(ErrorCode::wrong_format, fmt::format("{}: damaged ELF file", visible(path.string())));
  Dwarf_Error error = nullptr;
  const int opened =
      dwarf_object_init_b(result.mapping_->access(), nullptr, nullptr, DW_GROUPNUMBER_ANY, &result.debug_, &error);
  if (opened == DW_DLV_OK) return result;
  const std::string reason = opened == DW_DLV_ERROR ? dwarf_errmsg(error) : "no debug information";
  if (opened == DW_DLV_ERROR) dwarf_dealloc_error(nullptr, error);
  result.debug_ = nullptr;
  return failure(ErrorCode::wrong_format, fmt::format("{}: {}", visible(path.string()), reason));
}

}  // namespace alicia::types
