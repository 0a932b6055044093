// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/value.hpp"

#include <gmock/gmock.h>

#include "types/btf_source.hpp"
#include "unit/types/btf_builder.hpp"
#include "unit/types/fake_memory.hpp"

namespace alicia::types {
namespace {

using testing::HasSubstr;

/// A kernel with a task at 0x1000, its mm at 0x2000.
class Values : public testing::Test {
 protected:
  void SetUp() override {
    BtfBuilder out;
    const int int_ = out.integer("int", 4, BTF_INT_SIGNED);
    const int long_ = out.integer("long unsigned int", 8);
    const int char_ = out.integer("char", 1, BTF_INT_SIGNED);
    const int u8_ = out.typedef_of("u8", out.integer("unsigned char", 1));
    const int bool_ = out.integer("_Bool", 1, BTF_INT_BOOL);
    const int s64_ = out.integer("long long int", 8, BTF_INT_SIGNED);
    const int double_ = out.floating("double", 8);
    const int wide_ = out.integer("__int128", 16, BTF_INT_SIGNED);
    const int colour_ = out.enumeration("colour", 4, {{"DARK", -2}});
    const int flags_ = out.enumeration("flags", 4, {{"TOP", 0x80000000LL}});
    const int mask_ = out.structure("cpumask", 16, {{"bits", out.array(long_, int_, 2), 0}});
    const int mm_forward = out.forward("mm_struct");
    const int function_ = out.pointer(out.prototype(int_));
    out.structure("task", 200,
                  {{"comm", out.array(char_, int_, 8), 0},
                   {"mm", out.pointer(mm_forward), 64},
                   {"name", out.pointer(out.const_of(char_)), 128},
                   {"mask", mask_, 192},
                   {"negative", int_, 320},
                   {"colour", colour_, 352},
                   {"flags", flags_, 384},
                   {"alive", bool_, 416},
                   {"low", int_, 424, 3},
                   {"high", u8_, 427, 5},
                   {"big", s64_, 448},
                   {"load", double_, 512},
                   {"wide", wide_, 576},
                   {"straddle", long_, 707, 64},
                   {"handler", function_, 832},
                   {"masks", out.pointer(mask_), 896},
                   {"anything", out.pointer(0), 960},
                   {"bytes", out.array(u8_, int_, 4), 1024},
                   {"numbers", out.array(int_, int_, 2), 1056},
                   {nullptr, out.union_of(nullptr, 8, {{"word", long_, 0}, {"half", int_, 0}}), 1152},
                   {"state", out.volatile_of(long_), 1216},
                   {"tail", out.array(char_, int_, 0), 1600}});
    out.structure("mm_struct", 16, {{"owner", out.pointer(0), 0}, {"users", int_, 64}});
    types_.add_source(BtfSource::create(out.bytes()).value());

    memory_.fill(0x1000, 300);
    memory_.put_text(0x1000, "swapper/");  // all eight bytes, no NUL
    memory_.put(0x1008, std::uint64_t{0x2000});
    memory_.put(0x1010, std::uint64_t{0x3000});
    memory_.put(0x1018, std::uint64_t{0x1111});
    memory_.put(0x1020, std::uint64_t{0x8765'4321'0fed'cba9});
    memory_.put(0x1028, std::int32_t{-5});
    memory_.put(0x102c, std::int32_t{-2});
    memory_.put(0x1030, std::uint32_t{0x8000'0000});
    memory_.put(0x1034, std::uint8_t{7});
    memory_.put(0x1035, std::uint8_t{0b10110'101});
    memory_.put(0x1038, std::int64_t{-9'007'199'254'740'993});
    memory_.put(0x1040, 2.5);
    memory_.put(0x1048, std::uint64_t{0x0123'4567'89ab'cdef});
    // 0xfedcba9876543210, three bits further up.
    memory_.put(0x1058, 0xfedc'ba98'7654'3210U << 3U);
    memory_.put(0x1060, std::uint8_t{0b111});
    memory_.put(0x1068, std::uint64_t{0xffff'ffff'8100'0000});
    memory_.put(0x1070, std::uint64_t{0x4000});
    memory_.put_text(0x1080, std::string_view("ab\0c", 4));
    memory_.put(0x1084, std::uint64_t{0xffff'fffe'0000'0001});
    memory_.put(0x1090, std::uint64_t{0xffff'ffff'0000'0002});
    memory_.put(0x1098, std::uint64_t{0x2040});
    memory_.fill(0x10c8, 0x80);
    memory_.put_text(0x10c8, "beyond the end");
    memory_.put(0x2000, std::uint64_t{0x1000});
    memory_.put(0x2008, std::int32_t{3});
    memory_.fill(0x3000, 0x180);
    memory_.put_text(0x3000, "longer than any chunk? ");
    memory_.put_text(0x3017, std::string(300, 'x') + '\0');
    memory_.put(0x4008, std::uint64_t{0x55});
    memory_.put(0x4010, std::uint64_t{0x77});
    memory_.put(0x4018, std::uint64_t{0x88});
    memory_.put(0x3ff0, std::uint64_t{0x66});
  }

  Object task() { return {VirtualAddress{0x1000}, types_.find("struct task").value()}; }
  Result<Place> place(std::string_view path) { return walk_path(memory_, types_, task(), path); }
  Result<Value> value(std::string_view path) {
    return place(path).and_then([&](const Place& at) { return read_value(memory_, types_, at); });
  }
  Result<Value> value(std::string_view path, std::string_view as) {
    const TypeRef type = types_.find(as).value();
    return place(path).and_then([&](const Place& at) { return read_value_as(memory_, types_, at, type); });
  }
  template <class T>
  static T got(const Result<Value>& value) {
    EXPECT_TRUE(value) << value.error().message;
    const T* held = value ? std::get_if<T>(&*value) : nullptr;
    EXPECT_NE(held, nullptr) << "another alternative: " << (value ? value->index() : 99);
    return held != nullptr ? *held : T{};
  }
  static ErrorCode code(const Result<Value>& value) { return value ? ErrorCode::internal : value.error().code; }

  FakeMemory memory_;
  TypeSystem types_{8};
};

TEST_F(Values, IntegersKeepSignAndEveryBit) {
  EXPECT_EQ(got<std::int64_t>(value("negative")), -5);
  EXPECT_EQ(got<std::int64_t>(value("big")), -9'007'199'254'740'993);
  EXPECT_EQ(got<std::uint64_t>(value("mask.bits[1]")), 0x8765'4321'0fed'cba9U);
  EXPECT_EQ(got<std::int64_t>(value("colour")), -2);
  EXPECT_EQ(got<std::uint64_t>(value("flags")), 0x8000'0000U);
  EXPECT_EQ(got<std::uint64_t>(value("alive")), 1U) << "a bool is 0 or 1, whatever the byte";
  EXPECT_EQ(got<double>(value("load")), 2.5);
  EXPECT_EQ(code(value("wide")), ErrorCode::not_supported);
}

TEST_F(Values, BitFields) {
  EXPECT_EQ(got<std::int64_t>(value("low")), -3);
  EXPECT_EQ(got<std::uint64_t>(value("high")), 0b10110U);
  EXPECT_EQ(got<std::uint64_t>(value("straddle")), 0xfedc'ba98'7654'3210U);
  EXPECT_EQ(got<std::uint64_t>(value("low", "unsigned int")), 0xffff'fffdU);
}

TEST_F(Values, PathsGoThroughPointersArraysAndAnonymousMembers) {
  EXPECT_EQ(got<VirtualAddress>(value("mm->owner")).value, 0x1000U);
  EXPECT_EQ(got<std::int64_t>(value("mm.users")), 3);
  EXPECT_EQ(got<std::int64_t>(value(" mm -> users ")), 3);
  EXPECT_EQ(got<std::int64_t>(value("half")), 2);
  EXPECT_EQ(got<std::uint64_t>(value("masks->bits[1]")), 0x55U);
  EXPECT_EQ(got<std::uint64_t>(value("masks[0].bits[1]")), 0x55U);
  EXPECT_EQ(got<std::uint64_t>(value("masks[1].bits[0x0]")), 0x77U);
  EXPECT_EQ(got<std::uint64_t>(value("masks[-1].bits[0]")), 0x66U);
  EXPECT_EQ(got<std::int64_t>(value("tail[3]")), 'o') << "a flexible array has no declared end";
}

TEST_F(Values, PathErrorsSayWhat) {
  EXPECT_EQ(code(value("commm")), ErrorCode::no_such_member);
  EXPECT_THAT(value("commm").error().message, HasSubstr("struct task has no member commm"));
  EXPECT_EQ(code(value("mask.bits[2]")), ErrorCode::bad_argument);
  EXPECT_EQ(code(value("mask.bits[-1]")), ErrorCode::bad_argument);
  EXPECT_EQ(code(value("negative.x")), ErrorCode::type_mismatch);
  EXPECT_EQ(code(value("negative[0]")), ErrorCode::type_mismatch);
  EXPECT_EQ(code(value("anything->x")), ErrorCode::bad_address) << "null";
  EXPECT_EQ(code(value("anything[0]")), ErrorCode::type_mismatch) << "void has no size";
  EXPECT_EQ(code(value("mm->owner->x")), ErrorCode::type_mismatch) << "void has no members";
  for (const char* path : {"", ".", "->mm", "mm->", "mm owner", "mask.bits[", "mask.bits[]", "mask.bits[0",
                           "mask.bits[0]]", "mask.bits[x]", "mm..owner", "mm@", "1"}) {
    EXPECT_EQ(code(value(path)), ErrorCode::bad_argument) << path;
  }
  memory_.put(0x1008, std::uint64_t{0x9000});
  EXPECT_EQ(code(value("mm->owner")), ErrorCode::unmapped);
  EXPECT_EQ(value("mm->owner").error().address, 0x9000U);
}

TEST_F(Values, PointersAreAddressesAndAggregatesObjects) {
  EXPECT_EQ(got<VirtualAddress>(value("handler")).value, 0xffff'ffff'8100'0000U);
  EXPECT_EQ(got<VirtualAddress>(value("name")).value, 0x3000U);
  const auto mask = got<Object>(value("mask"));
  EXPECT_EQ(mask.address.value, 0x1018U);
  EXPECT_EQ(types_.spell(mask.type), "struct cpumask");
  EXPECT_EQ(types_.spell(got<Object>(value("comm")).type), "char [8]");
}

TEST_F(Values, CharPointersAreText) {
  EXPECT_EQ(got<std::string>(value("comm", "char *")), "swapper/") << "no further than the array";
  EXPECT_EQ(got<std::string>(value("comm", "const char *")), "swapper/");
  EXPECT_EQ(got<std::string>(value("bytes", "char *")), "ab");
  EXPECT_EQ(got<std::string>(value("name", "char *")), "longer than any chunk? " + std::string(300, 'x'));
  EXPECT_EQ(got<std::string>(value("tail", "char *")), "beyond the end");
  for (const char* path : {"mm", "negative", "mask", "numbers", "anything", "low"}) {
    EXPECT_EQ(code(value(path, "char *")), ErrorCode::type_mismatch) << path;
  }
  memory_.put(0x1010, std::uint64_t{0});
  EXPECT_NO_FATAL_FAILURE(got<Null>(value("name", "char *")));
  memory_.put(0x1010, std::uint64_t{0x7000});
  EXPECT_EQ(code(value("name", "char *")), ErrorCode::unmapped);
}

TEST_F(Values, IntegersConvertAsInC) {
  EXPECT_EQ(got<std::uint64_t>(value("negative", "unsigned long")), 0xffff'ffff'ffff'fffbU);
  EXPECT_EQ(got<std::uint64_t>(value("negative", "unsigned short")), 0xfffbU);
  EXPECT_EQ(got<std::int64_t>(value("mask.bits[1]", "int")), 0x0fed'cba9);
  EXPECT_EQ(got<std::int64_t>(value("mask.bits[1]", "short")), -13399);
  EXPECT_EQ(got<std::uint64_t>(value("flags", "bool")), 1U);
  EXPECT_EQ(got<std::uint64_t>(value("wide", "unsigned long")), 0x0123'4567'89ab'cdefU) << "the low half";
  EXPECT_EQ(got<std::uint64_t>(value("handler", "unsigned int")), 0x8100'0000U);
  EXPECT_EQ(got<std::int64_t>(value("load", "int")), 2);
  EXPECT_EQ(got<double>(value("negative", "double")), -5.0);
  EXPECT_EQ(code(value("comm", "int")), ErrorCode::type_mismatch);
  EXPECT_EQ(code(value("mask", "unsigned long")), ErrorCode::type_mismatch);
}

TEST_F(Values, AnyNumberOrArrayIsAnAddressToAPointerType) {
  EXPECT_EQ(got<VirtualAddress>(value("state", "void *")).value, 0x2040U);
  EXPECT_EQ(got<VirtualAddress>(value("negative", "struct task *")).value, 0xffff'ffff'ffff'fffbU);
  EXPECT_EQ(got<VirtualAddress>(value("mm", "struct task *")).value, 0x2000U);
  EXPECT_EQ(got<VirtualAddress>(value("name", "unsigned char *")).value, 0x3000U);
  EXPECT_EQ(got<VirtualAddress>(value("numbers", "int *")).value, 0x1084U);
  EXPECT_EQ(code(value("mask", "void *")), ErrorCode::type_mismatch);
}

TEST_F(Values, AggregatesAreOnlyWhatTheyAre) {
  EXPECT_EQ(got<Object>(value("mask", "struct cpumask")).address.value, 0x1018U);
  EXPECT_EQ(got<Object>(value("numbers", "int [2]")).address.value, 0x1084U);
  EXPECT_EQ(code(value("mask", "struct mm_struct")), ErrorCode::type_mismatch);
  EXPECT_EQ(code(value("numbers", "int [3]")), ErrorCode::type_mismatch);
  EXPECT_EQ(code(value("negative", "void")), ErrorCode::type_mismatch);
}

TEST_F(Values, APointerToADeclaredStructFindsTheDefinition) {
  EXPECT_EQ(types_.size_of(types_.find("struct mm_struct").value()), 16U);
  const Field field = types_.member(task().type, "mm").value();
  const TypeRef target = types_.follow(field.type, types_.describe(field.type).target);
  EXPECT_EQ(types_.describe(target).kind, Kind::forward);
  EXPECT_EQ(types_.size_of(target), 16U);
}

TEST(Values32, PointersHaveFourBytesAndAddressesWrap) {
  TypeSystem types(4);
  FakeMemory memory;
  memory.put(0x1000, std::uint32_t{0xffff'fff0});
  memory.put(0x1004, std::uint32_t{0x5555'5555});
  memory.put(0x4, std::int32_t{7});
  const TypeRef holder = types.find("struct { struct { int a[8]; } *p; }").value();
  const auto place = walk_path(memory, types, {VirtualAddress{0x1000}, holder}, "p->a[5]");
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_EQ(place->address.value, 4U);
  EXPECT_EQ(read_pointer(memory, types, VirtualAddress{0x1000})->value, 0xffff'fff0U);
}

TEST(ReadString, EndsAtTheLimitAndBeforeAnAbsentPage) {
  FakeMemory memory;
  memory.put_text(0xffa, std::string_view("edge\0\0", 6));
  EXPECT_EQ(read_string(memory, VirtualAddress{0xffa}), "edge");
  EXPECT_EQ(read_string(memory, VirtualAddress{0xffa}, 2), "ed");
  memory.put_text(0xffa, "edge!!");
  EXPECT_EQ(read_string(memory, VirtualAddress{0xffa}).error().address, 0x1000U);
}

/// A source that holds what checked BTF can't: circles.
class Circles final : public TypeSource {
 public:
  Circles() {
    types_[1].kind = Kind::typedef_;
    types_[1].name = "loop";
    types_[1].target = 1;
    types_[2].kind = Kind::structure;
    types_[2].name = "self";
    types_[2].size = 8;
    types_[2].members.assign(1000, Member{{}, 2, 0, 0});
    types_[3].kind = Kind::array;
    types_[3].target = 3;
    types_[3].count = 1;
    types_[4].kind = Kind::function;
    types_[4].target = 4;
    types_[4].parameters.assign(1000, Parameter{{}, 4});
  }
  std::optional<TypeId> find(Tag, std::string_view name) override {
    if (name == "loop") return 1;
    if (name == "self") return 2;
    if (name == "nest") return 3;
    return name == "call" ? std::optional<TypeId>(4) : std::nullopt;
  }
  const Type& type(TypeId id) override { return types_.at(id); }

 private:
  std::array<Type, 5> types_;
};

TEST(HostileTypes, CirclesEnd) {
  TypeSystem types(8);
  types.add_source(std::make_unique<Circles>());
  FakeMemory memory;
  for (const char* name : {"loop", "self", "nest", "call"}) {
    const TypeRef type = types.find(name).value();
    EXPECT_FALSE(types.spell(type).empty());
    EXPECT_LT(types.spell(type).size(), 100'000U);
    EXPECT_FALSE(types.member(type, "x"));
    EXPECT_FALSE(read_value_as(memory, types, {VirtualAddress{0}, type}, types.find("int").value()));
    static_cast<void>(types.size_of(type));
    static_cast<void>(types.find(std::string("struct { ") + name + " x; }"));
  }
}

}  // namespace
}  // namespace alicia::types
