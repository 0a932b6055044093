// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/btf_source.hpp"

#include <gmock/gmock.h>
#include <linux/btf.h>

#include <fstream>

#include "base/bytes.hpp"
#include "unit/types/btf_builder.hpp"

namespace alicia::types {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// What most tests ask about.
struct Sample {
  BtfBuilder out;
  int int_ = out.integer("int", 4, BTF_INT_SIGNED);
  int long_ = out.integer("long unsigned int", 8);
  int char_ = out.integer("char", 1, BTF_INT_SIGNED);
  int bool_ = out.integer("_Bool", 1, BTF_INT_BOOL);
  int name_ = out.array(char_, long_, 16);
  int anonymous_ = out.union_of(nullptr, 8, {{"word", long_, 0}, {"half", int_, 0}});
  int task_ = out.structure("task", 40,
                            {{"name", name_, 0},
                             {nullptr, anonymous_, 128},
                             {"low", int_, 192, 3},
                             {"high", int_, 195, 5},
                             {"alive", bool_, 256}});
  int tag_ = out.tag("user", task_);
  int pointer_ = out.pointer(tag_);
  int typedef_ = out.typedef_of("task_t", task_);
  int both_ = out.typedef_of("task", task_);
  int colour_ = out.enumeration("colour", 4, {{"RED", 0}, {"DARK", -2}});
  int wide_ = out.wide_enumeration("wide", {{"TOP", 0x8000'0000'0000'0000ULL}});
  int forward_ = out.forward("later", true);
  int variable_ = out.variable("current_task", pointer_);
  int prototype_ = [this] {
    const int id = out.prototype(int_);
    out.parameter("from", pointer_);
    out.parameter(nullptr, 0);
    return id;
  }();
  int function_ = out.function("schedule", prototype_);
};

TypeId id(int number) {
  return static_cast<TypeId>(number);
}

std::unique_ptr<BtfSource> source_of(const BtfBuilder& builder, BtfSource* base = nullptr) {
  return BtfSource::create(builder.bytes(), base).value();
}

TEST(BtfSource, FindsEachKindByName) {
  const Sample sample;
  const auto source = source_of(sample.out);
  EXPECT_EQ(source->find(Tag::structure, "task"), id(sample.task_));
  EXPECT_EQ(source->find(Tag::typedef_, "task"), id(sample.both_));
  EXPECT_EQ(source->find(Tag::any, "task"), id(sample.task_));
  EXPECT_EQ(source->find(Tag::any, "task_t"), id(sample.typedef_));
  EXPECT_EQ(source->find(Tag::base, "long unsigned int"), id(sample.long_));
  EXPECT_EQ(source->find(Tag::enumeration, "colour"), id(sample.colour_));
  EXPECT_EQ(source->find(Tag::union_, "later"), id(sample.forward_));
  EXPECT_EQ(source->find(Tag::structure, "later"), std::nullopt);
  EXPECT_EQ(source->find(Tag::union_, "task"), std::nullopt);
  EXPECT_EQ(source->find(Tag::any, "current_task"), std::nullopt);
  EXPECT_EQ(source->find(Tag::any, ""), std::nullopt);
}

TEST(BtfSource, DescribesMembersAndBitFields) {
  const Sample sample;
  const auto source = source_of(sample.out);
  const Type& task = source->type(id(sample.task_));
  EXPECT_EQ(task.kind, Kind::structure);
  EXPECT_EQ(task.size, 40U);
  ASSERT_THAT(task.members, SizeIs(5));
  EXPECT_EQ(task.members[0].name, "name");
  EXPECT_EQ(task.members[1].name, "");
  EXPECT_EQ(task.members[1].bit_offset, 128U);
  EXPECT_EQ(task.members[3].bit_offset, 195U);
  EXPECT_EQ(task.members[3].bitfield_bits, 5U);
  EXPECT_EQ(task.members[4].bitfield_bits, 0U);
  EXPECT_EQ(source->type(id(sample.name_)).count, 16U);
  EXPECT_EQ(&source->type(id(sample.task_)), &task) << "descriptions stay where they are";
}

TEST(BtfSource, DescribesIntegersAndEnumerations) {
  const Sample sample;
  const auto source = source_of(sample.out);
  EXPECT_EQ(source->type(id(sample.int_)).encoding, Encoding::signed_);
  EXPECT_EQ(source->type(id(sample.char_)).encoding, Encoding::character);
  EXPECT_EQ(source->type(id(sample.bool_)).encoding, Encoding::boolean);
  const Type& colour = source->type(id(sample.colour_));
  EXPECT_EQ(colour.encoding, Encoding::signed_);
  EXPECT_EQ(colour.enumerators.at(1).value, -2);
  const Type& wide = source->type(id(sample.wide_));
  EXPECT_EQ(wide.encoding, Encoding::unsigned_);
  EXPECT_EQ(static_cast<std::uint64_t>(wide.enumerators.at(0).value), 0x8000'0000'0000'0000ULL);
  EXPECT_EQ(source->type(id(sample.forward_)).declared, Kind::union_);
}

TEST(BtfSource, TypeTagsAreLookedThrough) {
  const Sample sample;
  const auto source = source_of(sample.out);
  EXPECT_EQ(source->type(id(sample.pointer_)).target, id(sample.task_));
  EXPECT_EQ(source->type(id(sample.tag_)).name, "task");
}

TEST(BtfSource, KnowsVariablesAndFunctions) {
  const Sample sample;
  const auto source = source_of(sample.out);
  EXPECT_EQ(source->find_variable("current_task"), (TypeRef{source.get(), id(sample.pointer_)}));
  EXPECT_EQ(source->find_variable("schedule"), std::nullopt);
  const auto schedule = source->find_function("schedule");
  ASSERT_TRUE(schedule);
  const Type& prototype = source->type(schedule->id);
  EXPECT_EQ(prototype.kind, Kind::function);
  EXPECT_TRUE(prototype.variadic);
  ASSERT_THAT(prototype.parameters, SizeIs(1));
  EXPECT_EQ(prototype.parameters[0].name, "from");
  EXPECT_EQ(prototype.target, id(sample.int_));
}

TEST(BtfSource, SplitSourceRefersToItsBase) {
  const Sample sample;
  const auto kernel = source_of(sample.out);
  BtfBuilder module(&sample.out);
  const int own = module.structure("driver", 8, {{"owner", sample.pointer_, 0}});
  const int again = module.pointer(own);
  const auto source = source_of(module, kernel.get());
  EXPECT_EQ(source->find(Tag::structure, "driver"), id(own));
  EXPECT_EQ(source->find(Tag::structure, "task"), std::nullopt) << "the kernel's own source answers for that";
  const TypeId owner = source->type(id(own)).members.at(0).type;
  EXPECT_EQ(source->resolve(owner), (TypeRef{kernel.get(), id(sample.pointer_)}));
  EXPECT_EQ(source->type(owner).kind, Kind::pointer);
  EXPECT_EQ(source->resolve(id(again)), (TypeRef{source.get(), id(again)}));
  EXPECT_EQ(source->type(0).kind, Kind::void_);
}

TEST(BtfSource, NumbersBeyondTheEndAreVoid) {
  const Sample sample;
  EXPECT_EQ(source_of(sample.out)->type(4'000'000'000U).kind, Kind::void_);
}

TEST(BtfSource, OpensAFileOfRawBtfAndNothingElse) {
  const Sample sample;
  const auto path = std::filesystem::path(testing::TempDir()) / ("sample-" + std::to_string(getpid()) + ".btf");
  const auto bytes = sample.out.bytes();
  std::ofstream(path, std::ios::binary) << as_text(bytes);
  const auto source = BtfSource::open(path);
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_TRUE((*source)->find(Tag::structure, "task"));
  EXPECT_EQ(BtfSource::open("/proc/self/exe").error().code, ErrorCode::wrong_format);
  EXPECT_EQ(BtfSource::open("/nowhere").error().code, ErrorCode::cannot_open);
  std::filesystem::remove(path);
}

// Hostile bytes.

std::vector<std::byte> sample_bytes() {
  return Sample().out.bytes();
}

void poke(std::vector<std::byte>& bytes, std::size_t offset, std::uint32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

Error refusal(const std::vector<std::byte>& bytes) {
  const auto source = BtfSource::create(bytes);
  return source ? Error{ErrorCode::internal, "accepted", {}} : source.error();
}

TEST(HostileBtf, EveryTruncationIsRefused) {
  const auto bytes = sample_bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(refusal(cut).code, ErrorCode::truncated_file) << length;
  }
}

TEST(HostileBtf, HeaderFieldsAreChecked) {
  auto bytes = sample_bytes();
  poke(bytes, offsetof(btf_header, str_len), 0xffff'fff0U);
  EXPECT_EQ(refusal(bytes).code, ErrorCode::truncated_file);
  bytes = sample_bytes();
  poke(bytes, offsetof(btf_header, type_off), 0xffff'fffcU);
  EXPECT_EQ(refusal(bytes).code, ErrorCode::truncated_file);
  bytes = sample_bytes();
  poke(bytes, offsetof(btf_header, hdr_len), 28);
  EXPECT_EQ(refusal(bytes).code, ErrorCode::truncated_file);
  bytes = sample_bytes();
  bytes[0] = bytes[1];
  EXPECT_EQ(refusal(bytes).code, ErrorCode::wrong_format);
  bytes = sample_bytes();
  bytes.back() = std::byte{'x'};
  EXPECT_EQ(refusal(bytes).code, ErrorCode::corrupt);
}

TEST(HostileBtf, AnUnknownKindIsNamed) {
  auto bytes = sample_bytes();
  poke(bytes, sizeof(btf_header) + offsetof(btf_type, info), 27U << 24U);
  const Error error = refusal(bytes);
  EXPECT_EQ(error.code, ErrorCode::not_supported);
  EXPECT_THAT(error.message, HasSubstr("type 1: kind 27"));
}

TEST(HostileBtf, NamesAndReferencesAreChecked) {
  auto bytes = sample_bytes();
  poke(bytes, sizeof(btf_header) + offsetof(btf_type, name_off), 0x7fff'ffffU);
  EXPECT_EQ(refusal(bytes).code, ErrorCode::corrupt);
  BtfBuilder out;
  out.pointer(0);
  bytes = out.bytes();
  poke(bytes, sizeof(btf_header) + offsetof(btf_type, type), 2);
  EXPECT_EQ(refusal(bytes).code, ErrorCode::corrupt);
}

TEST(HostileBtf, CirclesAreRefused) {
  BtfBuilder out;
  out.typedef_of("a", 2);
  out.const_of(3);
  out.pointer(1);
  const Error error = refusal(out.bytes());
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_THAT(error.message, HasSubstr("circle"));
}

TEST(HostileBtf, SingleBytesChangedNeverHarm) {
  const auto bytes = sample_bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned value : {0U, 1U, 4U, 0x7fU, 0xffU}) {
      auto changed = bytes;
      changed[at] = static_cast<std::byte>(value);
      const auto source = BtfSource::create(changed);
      if (!source) continue;
      for (TypeId number = 0; number < 32; ++number)
        (*source)->type(number);
      (*source)->find(Tag::any, "task");
    }
  }
}

}  // namespace
}  // namespace alicia::types
