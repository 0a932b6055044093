// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/elf_symbols.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"
#include "base/escape.hpp"

namespace alicia::symbols {
namespace {

/// An ELF file opened for reading.
class ElfFile {
 public:
  static Result<ElfFile> open(const std::filesystem::path& path) {
    ElfFile file;
    file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file.descriptor_ < 0)
      return failure(ErrorCode::cannot_open,
                     fmt::format("cannot open {}: {}", visible(path.string()), std::strerror(errno)));
    elf_version(EV_CURRENT);
    file.handle_ = elf_begin(file.descriptor_, ELF_C_READ_MMAP, nullptr);
    if (file.handle_ == nullptr || elf_kind(file.handle_) != ELF_K_ELF)
      return failure(ErrorCode::wrong_format, fmt::format("{} is not an ELF file", visible(path.string())));
    return file;
  }
  ElfFile(ElfFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), handle_(std::exchange(other.handle_, nullptr)) {}
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile() {
    if (handle_ != nullptr) elf_end(handle_);
    if (descriptor_ >= 0) close(descriptor_);
  }

  /// The next section of type `type` after `previous` (null: the first).
  Elf_Scn* section(GElf_Word type, Elf_Scn* previous = nullptr) const {
    Elf_Scn* scn = previous;
    while ((scn = elf_nextscn(handle_, scn)) != nullptr) {
      GElf_Shdr header;
      if (gelf_getshdr(scn, &header) != nullptr && header.sh_type == type) break;
    }
    return scn;
  }
  Elf* handle() const { return handle_; }

 private:
  ElfFile() = default;
  int descriptor_ = -1;
  Elf* handle_ = nullptr;
};

/// nm's letter, from the kind of section the symbol lies in.
char letter_of(Elf* elf, const GElf_Sym& symbol) {
  char letter = 'd';
  if (symbol.st_shndx == SHN_ABS) {
    letter = 'a';
  } else if (Elf_Scn* scn = elf_getscn(elf, symbol.st_shndx)) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr) return '?';
    if ((header.sh_flags & SHF_EXECINSTR) != 0)
      letter = 't';
    else if (header.sh_type == SHT_NOBITS)
      letter = 'b';
    else if ((header.sh_flags & SHF_WRITE) == 0)
      letter = 'r';
  }
  const unsigned char bind = GELF_ST_BIND(symbol.st_info);
  if (bind == STB_WEAK) return letter == 't' ? 'W' : 'V';
  return bind == STB_GLOBAL ? static_cast<char>(letter - 'a' + 'A') : letter;
}

bool names_something(const GElf_Sym& symbol) {
  const unsigned char type = GELF_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_name != 0 && type != STT_SECTION && type != STT_FILE;
}

}  // namespace

Result<std::unique_ptr<ElfSymbols>> ElfSymbols::open(const std::filesystem::path& path, Relocation relocation) {
  auto file = ElfFile::open(path);
  if (!file) return failure(std::move(file));
  Elf_Scn* section = file->section(SHT_SYMTAB);
  GElf_Shdr header;
  Elf_Data* data = section != nullptr ? elf_getdata(section, nullptr) : nullptr;
  if (data == nullptr || gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0)
    return failure(ErrorCode::wrong_format, fmt::format("{} has no symbol table", visible(path.string())));
  std::unique_ptr<ElfSymbols> symbols(new ElfSymbols);
  symbols->relocation_ = relocation;
  const auto count = static_cast<int>(std::min<std::uint64_t>(header.sh_size / header.sh_entsize, 10'000'000));
  for (int index = 0; index < count; ++index) {
    GElf_Sym symbol;
    if (gelf_getsym(data, index, &symbol) == nullptr || !names_something(symbol)) continue;
    const char* name = elf_strptr(file->handle(), header.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    const VirtualAddress address = relocation(VirtualAddress{symbol.st_value});
    symbols->table_.add(address, letter_of(file->handle(), symbol), name);
    symbols->end_ = std::max(symbols->end_, address);
  }
  symbols->table_.finish();
  return symbols;
}

std::optional<SymbolAndOffset> ElfSymbols::at(VirtualAddress address) const {
  if (address < relocation_.image_base || address > end_) return std::nullopt;
  return table_.at(address);
}

Result<std::string> elf_build_id(const std::filesystem::path& path) {
  const auto file = ElfFile::open(path);
  if (!file) return failure(file);
  for (Elf_Scn* section = file->section(SHT_NOTE); section != nullptr; section = file->section(SHT_NOTE, section)) {
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    GElf_Nhdr note;
    std::size_t name = 0;
    std::size_t content = 0;
    for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &content)) > 0;) {
      const std::span bytes(static_cast<const std::byte*>(data->d_buf), data->d_size);
      if (note.n_type != NT_GNU_BUILD_ID || as_text(bytes.subspan(name, note.n_namesz)) != std::string_view("GNU\0", 4))
        continue;
      std::string text;
      for (const std::byte byte : bytes.subspan(content, note.n_descsz))
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
      return text;
    }
  }
  return std::string();
}

}  // namespace alicia::symbols
