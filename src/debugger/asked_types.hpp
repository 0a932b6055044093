// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "debugger/ptype.hpp"
#include "types/derived_types.hpp"
#include "types/type.hpp"

namespace alicia::debugger {

/// What a debugger is asked about types. An answer is an error where it could not be asked, nothing where there is no
/// such type.
class TypeQuestions {
 public:
  template <class T>
  using Answer = Result<std::optional<T>>;
  struct Enumeration {
    std::string declaration;            ///< `enum x {A = 0, B = 1}`
    std::optional<std::uint64_t> size;  ///< bytes
  };
  struct Typedef {
    std::string declaration;          ///< what it stands for, one step: `struct page *`; `{...}` for a struct's body
    std::unique_ptr<PtypeBody> body;  ///< of that struct, where it was told
  };

  virtual ~TypeQuestions() = default;
  /// A struct or union: `struct page`, or an expression of one without a name; `object` is an expression of such an
  /// object.
  virtual Answer<PtypeBody> body(const std::string& type, const std::string& object) = 0;
  virtual Answer<Enumeration> enumeration(const std::string& type) = 0;
  virtual Answer<Typedef> typedef_named(const std::string& name) = 0;
};

/// Types as a debugger knows them, asked for by name when they are needed and kept from then on.
class AskedTypes : public types::TypeSource {
 public:
  AskedTypes(std::unique_ptr<TypeQuestions> questions, unsigned pointer_bytes);

  std::optional<types::TypeId> find(types::Tag tag, std::string_view name) override;
  /// A type that the debugger could not be asked about, being gone or interrupted, is a forward declaration this time.
  const types::Type& type(types::TypeId id) override;
  types::TypeRef resolve(types::TypeId id) override;
  std::optional<Error> trouble() const override { return trouble_; }

 private:
  enum class State {
    pending,  ///< to be asked for
    ready,
    foreign,  ///< stands for a type of `store_`
  };
  struct Entry {
    State state = State::pending;
    types::Type type;      ///< while pending: kind and name
    std::string question;  ///< what is asked about: `struct page`, `pid_t`, or an expression of an unnamed type
    std::string object;    ///< an expression of such an object, for what is unnamed within
    types::TypeRef foreign;
    bool absent = false;  ///< ready, and known not to be defined
  };

  template <class T>
  std::optional<bool> heard(const TypeQuestions::Answer<T>& answer);
  types::TypeId add(Entry entry);
  types::TypeId named(types::Kind kind, std::string_view name);
  types::TypeId refer(types::TypeRef type);
  std::optional<bool> load(types::TypeId id);
  std::optional<bool> load_body(types::TypeId id);
  std::optional<bool> load_enumeration(types::TypeId id);
  std::optional<bool> load_typedef(types::TypeId id);
  types::TypeId body(const PtypeBody& body, const std::string& object);
  void fill(Entry& entry, const PtypeBody& body);
  types::Member member(const PtypeMember& from, const std::string& object);
  struct Parsed {
    std::string name;
    types::TypeRef type;
  };
  Parsed parse(std::string text, const std::string& object, std::optional<types::TypeId> unnamed);

  std::unique_ptr<TypeQuestions> questions_;
  types::DerivedTypes store_;
  std::deque<Entry> entries_;  // never moved: callers keep references
  std::map<std::pair<types::Kind, std::string>, types::TypeId, std::less<>> named_;
  std::map<std::pair<types::Tag, std::string>, std::optional<types::TypeId>, std::less<>> found_;
  std::map<types::TypeId, types::TypeId> foreign_;  // store_'s numbers to ours
  types::Type unknown_;
  std::optional<Error> trouble_;  // of the last question
  bool parsing_ = false;
};

}  // namespace alicia::debugger
