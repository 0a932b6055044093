// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/dump/tiny_dump.hpp"

#include <elf.h>
#include <lzo/lzo1x.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace alicia::dump::test {
namespace {

struct PageLine {
  std::uint64_t frame = 0;
  std::string storage;
  std::uint64_t seed = 0;
};

/// A description, taken apart.
class Description {
 public:
  explicit Description(std::string_view text) {
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words{line};
      std::string name;
      if (!(words >> name) || name[0] == '#') continue;
      if (name == "page") {
        PageLine page;
        words >> page.frame >> page.storage;
        if (!words) throw std::invalid_argument("page needs a frame and a storage: " + line);
        if (!(words >> page.seed)) page.seed = page.frame;
        pages.push_back(page);
      } else {
        std::string rest;
        std::getline(words >> std::ws, rest);
        settings_[name].push_back(rest);
      }
    }
  }

  const std::vector<std::string>& all(const std::string& name) const {
    static const std::vector<std::string> none;
    const auto found = settings_.find(name);
    return found == settings_.end() ? none : found->second;
  }
  std::string text(const std::string& name, const std::string& usual = "") const {
    const auto& values = all(name);
    return values.empty() ? usual : values.back();
  }
  std::uint64_t number(const std::string& name, std::uint64_t usual) const {
    const std::string value = text(name);
    return value.empty() ? usual : std::stoull(value, nullptr, 0);
  }
  /// All lines of a setting, each with its newline.
  std::string lines(const std::string& name) const {
    std::string joined;
    for (const auto& value : all(name))
      joined += value + "\n";
    return joined;
  }

  std::vector<PageLine> pages;

 private:
  std::map<std::string, std::vector<std::string>> settings_;
};

/// Bytes that grow where they are written.
class Image {
 public:
  template <class T>
  void put(std::size_t offset, T value) {
    text(offset, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  void text(std::size_t offset, std::string_view bytes) {
    grow(offset + bytes.size());
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  }
  void grow(std::size_t size) {
    if (bytes_.size() < size) bytes_.resize(size, '\0');
  }
  std::size_t size() const { return bytes_.size(); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

std::string pack(const std::string& storage, const std::string& page) {
  const auto* data = reinterpret_cast<const unsigned char*>(page.data());
  std::string packed(page.size() * 2 + 256, '\0');
  auto* out = reinterpret_cast<unsigned char*>(packed.data());
  if (storage == "zlib") {
    uLongf size = packed.size();
    if (::compress(out, &size, data, page.size()) != Z_OK) throw std::runtime_error("zlib");
    packed.resize(size);
  } else if (storage == "lzo") {
    std::vector<unsigned char> work(LZO1X_1_MEM_COMPRESS);
    lzo_uint size = 0;
    if (::lzo1x_1_compress(data, page.size(), out, &size, work.data()) != LZO_E_OK) throw std::runtime_error("lzo");
    packed.resize(size);
  } else if (storage == "snappy") {
    snappy::Compress(page.data(), page.size(), &packed);
  } else if (storage == "zstd") {
    packed.resize(::ZSTD_compress(packed.data(), packed.size(), page.data(), page.size(), 1));
  } else if (storage == "rle") {
    packed.clear();
    for (std::size_t at = 0; at < page.size();) {
      std::size_t run = 1;
      while (run < 256 && at + run < page.size() && page[at + run] == page[at])
        ++run;
      if (run > 3 || (page[at] == '\0' && run > 1)) {
        packed += {'\0', static_cast<char>(run - 1), page[at]};
      } else {
        run = 1;
        packed += page[at];
        if (page[at] == '\0') packed += '\0';
      }
      at += run;
    }
  } else {
    packed = page;
  }
  return packed;
}

std::string note(std::string_view name, std::uint32_t type, std::string_view content) {
  Image image;
  const std::size_t name_size = name.size() + 1;
  image.put(0, static_cast<std::uint32_t>(name_size));
  image.put(4, static_cast<std::uint32_t>(content.size()));
  image.put(8, type);
  image.text(12, name);
  const std::size_t at = 12 + (name_size + 3) / 4 * 4;
  image.text(at, content);
  image.grow(at + (content.size() + 3) / 4 * 4);
  return image.take();
}

/// The notes a description asks for.
std::string notes(const Description& description) {
  std::string all;
  for (const auto& line : description.all("note")) {
    std::istringstream words{line};
    std::string name;
    std::uint32_t type = 0;
    words >> name >> type;
    all += note(name, type, std::string(336, '\x11'));
  }
  const std::string vmcoreinfo = description.lines("vmcoreinfo");
  if (!vmcoreinfo.empty()) all += note("VMCOREINFO", 0, vmcoreinfo);
  return all;
}

void put_uts(Image& image, std::size_t at, const Description& description) {
  image.text(at, description.text("sysname", "Linux"));
  image.text(at + 65, description.text("node", "tiny"));
  image.text(at + 130, description.text("release", "6.1.0-tiny"));
  image.text(at + 195, "#1 SMP");
  image.text(at + 260, description.text("machine", "x86_64"));
  image.grow(at + 390);
}

std::uint32_t kdump_flags(const std::string& storage) {
  if (storage == "zlib" || storage == "damaged") return 1;
  if (storage == "lzo") return 2;
  if (storage == "snappy") return 4;
  if (storage == "zstd") return 0x20;
  return 0;
}

class KdumpBuilder {
 public:
  explicit KdumpBuilder(const Description& description)
      : description_(description),
        wide_(description.number("width", 64) == 64),
        block_(description.number("block", 4096)) {
    for (const PageLine& page : description.pages)
      frames_ = std::max(frames_, page.frame + 1);
    frames_ = description.number("frames", frames_);
  }

  std::string build() {
    put_areas();
    put_header();
    put_sub_header();
    put_pages();
    return image_.take();
  }

 private:
  std::uint64_t bitmap_blocks() const { return (frames_ / 8 + block_) / block_; }

  /// VMCOREINFO, notes and eraseinfo behind the sub-header, which grows by the blocks they take.
  void put_areas() {
    std::size_t at = block_ + 128;
    const auto area = [&](const std::string& content, std::uint64_t& offset, std::uint64_t& size) {
      if (content.empty()) return;
      offset = at;
      size = content.size();
      image_.text(at, content);
      at += (content.size() + 7) / 8 * 8;
    };
    area(description_.lines("vmcoreinfo"), areas_[0], areas_[1]);
    area(notes(description_), areas_[2], areas_[3]);
    area(description_.lines("erase"), areas_[4], areas_[5]);
    sub_blocks_ = (at + block_ - 1) / block_ - 1;
  }

  void put_header() {
    image_.text(0, description_.text("signature", "KDUMP   ").append("        ").substr(0, 8));
    image_.put(8, static_cast<std::uint32_t>(description_.number("version", 6)));
    put_uts(image_, 12, description_);
    const std::uint64_t time = description_.number("time", 1700000000);
    if (wide_) {
      image_.put(408, time);
    } else {
      image_.put(404, static_cast<std::uint32_t>(time));
    }
    const std::uint64_t two = description_.number("bitmaps", 2);
    const std::uint64_t numbers[] = {description_.number("status", 1),
                                     block_,
                                     sub_blocks_,
                                     bitmap_blocks() * two,
                                     std::min<std::uint64_t>(frames_, 0xffffffff),
                                     0,
                                     0,
                                     0,
                                     description_.number("cpu", 0),
                                     description_.number("cpus", 2)};
    std::size_t at = wide_ ? 424 : 412;
    for (const std::uint64_t number : numbers) {
      image_.put(at, static_cast<std::uint32_t>(number));
      at += 4;
    }
  }

  void put_sub_header() {
    std::size_t at = block_;
    const auto word = [&](std::uint64_t value) {
      wide_ ? image_.put(at, value) : image_.put(at, static_cast<std::uint32_t>(value));
      at += wide_ ? 8 : 4;
    };
    const auto number32 = [&](std::uint64_t value) {
      image_.put(at, static_cast<std::uint32_t>(value));
      at += 4;
    };
    const auto number64 = [&](std::uint64_t value) {
      image_.put(at, value);
      at += 8;
    };
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::istringstream{description_.text("split")} >> begin >> end;
    word(0x1000000);
    number32(description_.number("level", 31));
    number32(end != 0 ? 1 : 0);
    word(begin);
    word(end);
    for (int area = 0; area < 3; ++area) {
      number64(areas_[area * 2]);
      word(areas_[area * 2 + 1]);
    }
    number64(begin);
    number64(end);
    number64(frames_);
    begin_ = begin;
    end_ = end != 0 ? end : frames_;
  }

  void put_bit(std::size_t bitmap, std::uint64_t frame) {
    const std::size_t at = bitmap + frame / 8;
    bits_[at] = static_cast<unsigned char>(bits_[at] | (1U << (frame % 8)));
    image_.put(at, bits_[at]);
  }

  void put_pages() {
    const std::size_t memory = block_ * (1 + sub_blocks_);
    const std::size_t half = block_ * bitmap_blocks();
    const bool two = description_.number("bitmaps", 2) == 2;
    const std::size_t dumped = two ? memory + half : memory;
    std::vector<PageLine> stored;
    std::vector<PageLine> pages = description_.pages;
    std::ranges::sort(pages, {}, &PageLine::frame);
    for (const PageLine& page : pages) {
      if (two) put_bit(memory, page.frame);
      if (page.storage == "memory") continue;
      put_bit(dumped, page.frame);
      if (page.frame >= begin_ && page.frame < end_) stored.push_back(page);
    }
    std::size_t descriptor = dumped + half;
    image_.grow(descriptor + stored.size() * 24);
    for (const PageLine& page : stored) {
      put_page(descriptor, page);
      descriptor += 24;
    }
  }

  void put_page(std::size_t descriptor, const PageLine& page) {
    if (page.storage == "unwritten") return;
    const bool zero = page.storage == "zero";
    std::string packed = zero ? std::string(block_, '\0') : pack(page.storage, tiny_page(page.seed, block_));
    if (page.storage == "damaged") packed = "this is no zlib stream";
    if (zero && zero_page_ == 0) zero_page_ = image_.size();
    const std::size_t at = zero ? zero_page_ : image_.size();
    image_.text(at, packed);
    image_.put(descriptor, static_cast<std::uint64_t>(at));
    image_.put(descriptor + 8, static_cast<std::uint32_t>(packed.size()));
    image_.put(descriptor + 12, kdump_flags(page.storage));
  }

  const Description& description_;
  bool wide_;
  std::uint64_t block_;
  std::uint64_t frames_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t sub_blocks_ = 1;
  std::uint64_t areas_[6] = {};
  std::size_t zero_page_ = 0;
  std::map<std::size_t, unsigned char> bits_;
  Image image_;
};

template <class Ehdr, class Phdr, class Shdr>
std::string build_elf(const Description& description) {
  constexpr bool kWide = sizeof(Ehdr) == sizeof(Elf64_Ehdr);
  const std::uint64_t page_size = description.number("block", 4096);
  const bool sections = description.text("sections") == "yes";
  std::vector<Phdr> headers;
  Image image;
  const std::string note_bytes = notes(description);
  const std::size_t count = description.all("segment").size() + (note_bytes.empty() ? 0 : 1);
  std::size_t at = sizeof(Ehdr) + count * sizeof(Phdr) + (sections ? sizeof(Shdr) : 0);
  const auto add = [&](std::uint32_t type, std::uint64_t physical, std::uint64_t address, const std::string& content,
                       std::uint64_t memory_size) {
    Phdr header{};
    header.p_type = type;
    header.p_offset = static_cast<decltype(header.p_offset)>(at);
    header.p_paddr = static_cast<decltype(header.p_paddr)>(physical);
    header.p_vaddr = static_cast<decltype(header.p_vaddr)>(address);
    header.p_filesz = static_cast<decltype(header.p_filesz)>(content.size());
    header.p_memsz = static_cast<decltype(header.p_memsz)>(memory_size);
    headers.push_back(header);
    image.text(at, content);
    at += content.size();
  };
  if (!note_bytes.empty()) add(PT_NOTE, 0, 0, note_bytes, 0);
  for (const auto& line : description.all("segment")) {
    std::istringstream words{line};
    std::string physical, address, in_file, in_memory, seed;
    words >> physical >> address >> in_file >> in_memory >> seed;
    const auto bytes = [page_size](const std::string& word) {
      return std::stoull(word, nullptr, 0) * (word.starts_with("0x") ? 1 : page_size);
    };
    const std::uint64_t begin = std::stoull(physical, nullptr, 16);
    std::string content;
    std::uint64_t frame = seed.empty() ? begin / page_size : std::stoull(seed);
    while (content.size() < bytes(in_file))
      content += tiny_page(frame++, page_size);
    content.resize(bytes(in_file));
    add(PT_LOAD, begin, std::stoull(address, nullptr, 16), content, bytes(in_memory));
  }
  Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = kWide ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = static_cast<Elf64_Half>(description.number("type", ET_CORE));
  header.e_machine = static_cast<Elf64_Half>(description.number("machine", kWide ? EM_X86_64 : EM_386));
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Ehdr);
  header.e_phentsize = sizeof(Phdr);
  header.e_phoff = sizeof(Ehdr);
  header.e_phnum = sections ? Elf64_Half{PN_XNUM} : static_cast<Elf64_Half>(headers.size());
  if (sections) {
    Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(headers.size());
    header.e_shoff = static_cast<decltype(header.e_shoff)>(sizeof(Ehdr) + headers.size() * sizeof(Phdr));
    header.e_shnum = 1;
    header.e_shentsize = sizeof(Shdr);
    image.put(header.e_shoff, section);
  }
  image.put(0, header);
  for (std::size_t index = 0; index < headers.size(); ++index) {
    image.put(sizeof(Ehdr) + index * sizeof(Phdr), headers[index]);
  }
  return image.take();
}

std::string build_lkcd(const Description& description) {
  const std::uint64_t version = description.number("version", 7);
  const bool packed_layout = version >= 8;
  const bool wide = packed_layout || description.number("width", 32) == 64;
  const std::uint64_t page_size = description.number("block", 4096);
  const bool mclx = description.text("mclx") == "yes";
  const std::uint64_t first_page = version >= 9 ? description.number("first", 8192) : 65536;
  Image image;
  image.put(0, std::uint64_t{0xa8190173618f23ed});
  image.put(8, static_cast<std::uint32_t>(version | (mclx ? 0x80000000U : 0)));
  image.put(12, std::uint32_t{1024});
  image.put(16, std::uint32_t{8});
  image.put(20, static_cast<std::uint32_t>(page_size));
  image.put(24, std::uint64_t{16});
  image.put(40, std::uint64_t{0xa8190173618f23ed});
  const std::size_t panic = version == 1 ? 60 : 52;
  image.put(panic - 4, static_cast<std::uint32_t>(description.number("count", description.pages.size())));
  image.text(panic, description.text("panic", "tiny panic"));
  const std::size_t uts = version == 1 ? 324 : packed_layout ? 324 : wide ? 328 : 316;
  const std::size_t time = packed_layout ? 308 : uts - (wide ? 16 : 8);
  image.put(time, static_cast<std::uint32_t>(description.number("time", 1100000000)));
  put_uts(image, uts, description);
  const auto compress = static_cast<std::uint32_t>(description.number("compress", 2));
  if (version >= 5) image.put(packed_layout ? 722 : wide ? 728 : 712, compress);
  if (version >= 9) image.put(734, first_page);
  image.grow(first_page);
  for (const PageLine& page : description.pages) {
    const bool zero = page.storage == "zero";
    const std::string bytes = zero ? "" : pack(page.storage, tiny_page(page.seed, page_size));
    const bool raw = zero || page.storage == "raw";
    const std::uint64_t address = mclx ? page.frame : page.frame * page_size + description.number("base", 0);
    const std::size_t at = image.size();
    image.put(at, address);
    image.put(at + 8, static_cast<std::uint32_t>(bytes.size()));
    image.put(at + 12, (raw ? 1U : 2U) | (mclx ? 0x80000000U : 0));
    image.text(at + 16, bytes);
  }
  if (description.text("end", "yes") == "yes") {
    const std::size_t at = image.size();
    image.put(at, std::uint64_t{0x1234567890});
    image.put(at + 8, std::uint32_t{0});
    image.put(at + 12, std::uint32_t{4});
  }
  return image.take();
}

}  // namespace

std::string tiny_page(std::uint64_t seed, std::size_t size) {
  std::string page(size, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15U + 1;
  for (std::size_t at = 0; at < size;) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::size_t run = std::min<std::size_t>(1 + (state >> 59), size - at);
    const char value = (state >> 40) % 3 == 0 ? '\0' : static_cast<char>(state >> 32);
    std::fill_n(page.begin() + static_cast<std::ptrdiff_t>(at), run, value);
    at += run;
  }
  std::memcpy(page.data(), &seed, std::min(sizeof seed, size));
  return page;
}

std::string flatten(std::string_view content, std::size_t record_size, bool end_mark) {
  Image image;
  image.text(0, "makedumpfile");
  const auto big = [&image](std::size_t at, std::uint64_t value) { image.put(at, __builtin_bswap64(value)); };
  big(16, 1);
  big(24, 1);
  image.grow(4096);
  const auto record = [&](std::uint64_t offset, std::string_view bytes) {
    const std::size_t at = image.size();
    big(at, offset);
    big(at + 8, bytes.size());
    image.text(at + 16, bytes);
  };
  // The first record comes once more, wrong, before it comes right: the last write wins.
  record(0, std::string(std::min(record_size, content.size()), '!'));
  for (std::size_t at = 0; at < content.size(); at += record_size) {
    const std::string_view bytes = content.substr(at, record_size);
    if (bytes.find_first_not_of('\0') != bytes.npos || at + record_size >= content.size()) record(at, bytes);
  }
  if (end_mark) {
    const std::size_t at = image.size();
    big(at, ~std::uint64_t{0});
    big(at + 8, ~std::uint64_t{0});
  }
  return image.take();
}

std::string tiny_dump(std::string_view text) {
  const Description description{text};
  const std::string format = description.text("format");
  std::string bytes;
  if (format == "kdump") {
    bytes = KdumpBuilder{description}.build();
  } else if (format == "elf") {
    bytes = description.number("width", 64) == 64 ? build_elf<Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr>(description)
                                                  : build_elf<Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr>(description);
  } else if (format == "lkcd") {
    bytes = build_lkcd(description);
  } else {
    throw std::invalid_argument("no such format: " + format);
  }
  bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size(), description.number("cut", 0)));
  if (const auto size = description.number("flatten", 0); size != 0) {
    bytes = flatten(bytes, size, description.text("endmark", "yes") == "yes");
  }
  return bytes;
}

}  // namespace alicia::dump::test
