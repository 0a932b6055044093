// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "symbols/kallsyms.hpp"
#include "unit/symbols/virtual_memory.hpp"

namespace alicia::test {

struct PlainSymbol {
  std::uint64_t address;
  char type;
  std::string name;
};

/// How a kernel lays its kallsyms tables out.
struct KallsymsShape {
  bool absolute_percpu = true;
  bool offsets_first = true;  ///< up to 6.3 the offsets come before the names, later behind the tokens
  bool sequences = false;     ///< kallsyms_seqs_of_names between markers and tokens
  unsigned marker_bytes = 4;  ///< 0: no markers at all
  unsigned word_bytes = 8;
  bool whole_addresses = false;  ///< up to 4.5, in place of the offsets
};

/// Writes the tables that scripts/kallsyms would have written for `symbols` (sorted by address) into memory.
class KallsymsImage {
 public:
  KallsymsImage(const std::vector<PlainSymbol>& symbols, std::uint64_t base, KallsymsShape shape,
                VirtualAddress at = VirtualAddress{0xffffffff82120000})
      : memory(at), word_(shape.word_bytes) {
    location.word_bytes = shape.word_bytes;
    choose_tokens();
    if (shape.whole_addresses) write_addresses(symbols);
    if (shape.offsets_first && !shape.whole_addresses) write_offsets(symbols, base, shape);
    location.num_syms = memory.append_value(static_cast<std::uint32_t>(symbols.size()));
    memory.align(word_);
    write_names(symbols, shape);
    write_tokens();
    if (!shape.offsets_first) write_offsets(symbols, base, shape);
  }

  VirtualMemory memory;
  symbols::KallsymsLocation location;
  VirtualAddress names_end;

 private:
  void choose_tokens() {
    for (unsigned value = 0; value < 256; ++value) {
      if (value >= 0x20 && value < 0x7f) tokens_[value] = std::string(1, static_cast<char>(value));
    }
    // The bytes no name contains stand for common strings, as in a real table.
    const std::array<std::string, 8> common{"Tsys_", "init_", "__func__.", "_x64", "read", "list_", "D__", "work"};
    for (std::size_t number = 0; number < common.size(); ++number)
      tokens_[128 + number] = common[number];
  }

  std::vector<std::byte> compress(const std::string& text) const {
    std::vector<std::byte> out;
    for (std::size_t at = 0; at < text.size();) {
      unsigned best = static_cast<unsigned char>(text[at]);
      for (unsigned token = 128; token < 136; ++token)
        if (text.compare(at, tokens_[token].size(), tokens_[token]) == 0) best = token;
      out.push_back(static_cast<std::byte>(best));
      at += tokens_[best].size();
    }
    return out;
  }

  void write_names(const std::vector<PlainSymbol>& symbols, const KallsymsShape& shape) {
    std::vector<std::uint64_t> markers;
    location.names = memory.end();
    for (std::size_t index = 0; index < symbols.size(); ++index) {
      if (index % 256 == 0) markers.push_back(memory.end() - location.names);
      const auto tokens = compress(symbols[index].type + symbols[index].name);
      if (tokens.size() > 127) {
        memory.append_value(static_cast<std::uint8_t>((tokens.size() & 127) | 128));
        memory.append_value(static_cast<std::uint8_t>(tokens.size() >> 7));
      } else {
        memory.append_value(static_cast<std::uint8_t>(tokens.size()));
      }
      memory.append(tokens);
    }
    names_end = memory.end();
    memory.align(word_);
    for (const std::uint64_t marker : markers) {
      if (shape.marker_bytes == 4) memory.append_value(static_cast<std::uint32_t>(marker));
      if (shape.marker_bytes == 8) memory.append_value(marker);
    }
    memory.align(word_);
    if (shape.sequences) {
      for (std::size_t byte = 0; byte < 3 * symbols.size(); ++byte)
        memory.append_value(static_cast<std::uint8_t>(byte * 7));
      memory.align(word_);
    }
  }

  void write_tokens() {
    location.token_table = memory.end();
    std::array<std::uint16_t, 256> index{};
    for (std::size_t token = 0; token < tokens_.size(); ++token) {
      index[token] = static_cast<std::uint16_t>(memory.end() - location.token_table);
      memory.append(std::as_bytes(std::span(tokens_[token].c_str(), tokens_[token].size() + 1)));
    }
    memory.align(word_);
    location.token_index = memory.append(std::as_bytes(std::span(index)));
    memory.align(word_);
  }

  void write_offsets(const std::vector<PlainSymbol>& symbols, std::uint64_t base, const KallsymsShape& shape) {
    location.offsets = memory.end();
    for (const PlainSymbol& symbol : symbols) {
      if (!shape.absolute_percpu)
        memory.append_value(static_cast<std::uint32_t>(symbol.address - base));
      else if (symbol.address < base)
        memory.append_value(static_cast<std::uint32_t>(symbol.address));
      else
        memory.append_value(static_cast<std::uint32_t>(base - 1 - symbol.address));
    }
    memory.align(word_);
    location.relative_base = append_word(base);
  }

  void write_addresses(const std::vector<PlainSymbol>& symbols) {
    location.addresses = memory.end();
    for (const PlainSymbol& symbol : symbols)
      append_word(symbol.address);
  }

  VirtualAddress append_word(std::uint64_t value) {
    return word_ == 4 ? memory.append_value(static_cast<std::uint32_t>(value)) : memory.append_value(value);
  }

  unsigned word_;
  std::array<std::string, 256> tokens_;
};

}  // namespace alicia::test
