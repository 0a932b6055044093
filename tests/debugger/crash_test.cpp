// SPDX-License-Identifier: GPL-3.0-or-later
//
// The adapter and the real crash, on a real dump. What is true is said by others: the guest's /proc, System.map, the
// BTF that vmlinux carries, or crash itself in another form.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "base/bytes.hpp"
#include "debugger/crash_adapter.hpp"
#include "debugger/crash_arguments.hpp"
#include "types/btf_source.hpp"
#include "types/type_system.hpp"
#include "types/value.hpp"

namespace alicia::debugger {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// What a command of the factory prints: paths.
std::vector<std::string> factory(const std::string& arguments) {
  std::vector<std::string> lines;
  FILE* pipe = ::popen((std::string(VMCORES) + ' ' + arguments).c_str(), "r");
  std::string text;
  for (int c; pipe && (c = std::fgetc(pipe)) != EOF;)
    text += static_cast<char>(c);
  if (!pipe || ::pclose(pipe) != 0) return {};
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

struct Files {
  explicit Files(const std::string& scenario) {
    const auto folders = factory("--path " + scenario);
    if (!folders.empty()) folder = folders.back();
    for (const auto& file : factory("--debuginfo " + scenario)) {
      (file.find("System.map") == file.npos ? kernel : map) = file;
    }
  }
  std::string dump() const { return (folder / "dump.kdump").string(); }
  bool complete() const { return !folder.empty() && !kernel.empty() && !map.empty(); }

  std::filesystem::path folder;
  std::string kernel, map;
};

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The children of this process, whichever thread made them.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid; list >> pid;)
      found.push_back(pid);
  }
  return found;
}

class Crash : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = std::make_unique<Files>("sysrq-6.1");
    ASSERT_TRUE(files_->complete()) << "the factory has no sysrq-6.1 or no debuginfo for it";
    CrashOptions options;
    options.arguments = {files_->kernel, files_->dump()};
    crash_ = std::make_unique<CrashAdapter>(std::move(options), cancellation_);
    crash_->start_in_background();
  }
  static void TearDownTestSuite() {
    crash_.reset();
    files_.reset();
    EXPECT_TRUE(children().empty());
  }

  void SetUp() override { ASSERT_TRUE(crash_); }

  static std::string run(std::string_view line) {
    StringOutput output;
    const auto result = crash_->run(line, output);
    error_ = result ? Error{ErrorCode::internal, "none", {}} : result.error();
    return output.take();
  }
  static std::uint64_t word_at(VirtualAddress address) {
    std::array<std::byte, 8> bytes{};
    const auto read = crash_->read(address, bytes);
    EXPECT_TRUE(read) << read.error().message;
    return load<std::uint64_t>(bytes);
  }
  static void cancel_after(std::chrono::microseconds delay, const std::function<void()>& body) {
    std::thread user([&] {
      std::this_thread::sleep_for(delay);
      cancellation_.request();
    });
    body();
    user.join();
    cancellation_.clear();
  }

  static inline std::unique_ptr<Files> files_;
  static inline Cancellation cancellation_;
  static inline std::unique_ptr<CrashAdapter> crash_;
  static inline Error error_;
};

TEST_F(Crash, AnswersItsOwnCommands) {
  EXPECT_THAT(run("rd -a linux_banner"), HasSubstr("Linux version 6.1"));
  EXPECT_EQ(error_.message, "none");
  run("bogus");
  EXPECT_EQ(error_.message, "crash: command not found: bogus");
  run("sym nosuch");
  EXPECT_EQ(error_.message, "symbol not found: nosuch");
  run("struct nosuch");
  EXPECT_EQ(error_.message, "struct: invalid data structure reference: nosuch");
  run("px nosuch");
  EXPECT_EQ(error_.code, ErrorCode::debugger_error) << "an alias' command has another name";
  run("set gdb");
  EXPECT_EQ(error_.message, "none");
  EXPECT_THAT(run("gdb echo x"), testing::Eq("x")) << "no newline of its own";
  // The longest line, and one more byte.
  EXPECT_THAT(run("gdb echo " + std::string(1489, 'x')), testing::Eq(std::string(1489, 'x')));
  run("gdb echo " + std::string(1490, 'x'));
  EXPECT_EQ(error_.code, ErrorCode::too_long);
}

TEST_F(Crash, SymbolsAreWhereTheGuestHadThem) {
  // Lowest address by name; modules' apart.
  std::map<std::string, std::uint64_t> kernel, modules;
  std::istringstream lines(contents(files_->folder / "truth/proc/kallsyms"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, kind, name, module;
    words >> address >> kind >> name >> module;
    if (name.starts_with('.')) continue;  // compiler's labels: crash has vmlinux's, too
    auto& symbols = module.empty() ? kernel : modules;
    const std::uint64_t value = std::stoull(address, nullptr, 16);
    const auto [place, fresh] = symbols.emplace(name, value);
    if (!fresh) place->second = std::min(place->second, value);
  }
  ASSERT_GT(kernel.size(), 50000U);
  ASSERT_GT(modules.size(), 500U);
  std::mt19937 random(1);
  const auto compare = [&](const std::map<std::string, std::uint64_t>& symbols, std::size_t count) {
    std::vector<std::pair<std::string, std::uint64_t>> chosen;
    std::sample(symbols.begin(), symbols.end(), std::back_inserter(chosen), count, random);
    std::size_t missing = 0;
    for (const auto& [name, value] : chosen) {
      const auto found = crash_->symbol_address(name);
      if (!found) {
        ++missing;
        continue;
      }
      EXPECT_EQ(found->value, value) << name;
    }
    return missing;
  };
  EXPECT_LE(compare(kernel, 400), 400U / 20) << "init symbols and compiler's labels only";
  for (const auto& [name, value] : kernel)
    modules.erase(name);
  EXPECT_LE(compare(modules, 100), 100U / 10);
  for (const auto* name : {"linux_banner", "init_task", "init_uts_ns", "schedule", "runqueues"}) {
    const auto found = crash_->symbol_address(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->value, kernel[name]) << name;
  }
  EXPECT_EQ(crash_->symbol_address("no_such_symbol_at_all").error().code, ErrorCode::no_such_symbol);
}

TEST_F(Crash, MemoryIsWhatTheGuestSaidItWas) {
  const auto banner = crash_->symbol_address("linux_banner");
  ASSERT_TRUE(banner);
  const std::string truth = contents(files_->folder / "truth/proc/version");
  ASSERT_GT(truth.size(), 60U);
  std::string text(truth.size(), '\0');
  ASSERT_TRUE(crash_->read(*banner, std::as_writable_bytes(std::span(text))));
  EXPECT_EQ(text, truth);
}

TEST_F(Crash, MemoryComesWholeWhateverItsPlaceAndSize) {
  // crash writes it to a file in another form.
  const auto file = std::filesystem::temp_directory_path() / fmt::format("alicia-rd-{}", ::getpid());
  const auto base = crash_->symbol_address("_stext").value();
  run(fmt::format("rd -r {} {:x} 300000", file.string(), base.value));
  const std::string truth = contents(file);
  std::filesystem::remove(file);
  ASSERT_EQ(truth.size(), 300000U);
  for (const auto& [offset, size] : {std::pair<std::size_t, std::size_t>{0, 300000},
                                     {1, 1},
                                     {4095, 1},
                                     {4095, 2},
                                     {4094, 9},
                                     {4089, 7},
                                     {4088, 8},
                                     {4093, 4099},
                                     {7, 65536},
                                     {13, 131071},
                                     {4096, 60},
                                     {65535, 3}}) {
    std::string bytes(size, '\0');
    const auto read = crash_->read(base + offset, std::as_writable_bytes(std::span(bytes)));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(bytes == truth.substr(offset, size)) << offset << ' ' << size;
  }
}

TEST_F(Crash, NothingDependsOnItsRadixContextOrDebugLevel) {
  const auto ask = [&] {
    types::TypeSystem types(crash_->pointer_bytes());
    types.add_source(crash_->type_source());  // a new one: nothing is cached
    std::string text;
    const auto field = types.member(types.find("struct task_struct").value(), "comm");
    text += fmt::format("{} {} ", field->bit_offset, types.size_of(field->type).value());
    text += fmt::format("{} ", types.describe(types.find("enum pid_type").value()).enumerators.size());
    const auto banner = crash_->symbol_address("linux_banner").value();
    text += fmt::format("{:x} {:x}", banner.value, word_at(banner));
    std::array<std::byte, 8> bytes;
    for (const std::uint64_t address : {0UL, 0x400000UL, 0xffffffff81000001UL, 0xffffea0000000000UL}) {
      text += fmt::format(" {}", error_code_name(crash_->read(VirtualAddress{address}, bytes).error().code));
    }
    return text;
  };
  const std::string plain = ask();
  for (const auto& [change, back] : {std::pair{"hex", "dec"}, std::pair{"set debug 1", "set debug 0"},
                                     std::pair{"gdb set output-radix 8", "gdb set output-radix 10"}}) {
    run(change);
    EXPECT_EQ(ask(), plain) << change;
    run(back);
  }
  run("set 2");
  EXPECT_EQ(ask(), plain);
}

// Every member of a struct that can be named: by its path, with where it is.
using Layout = std::map<std::string, std::string>;
void collect(types::TypeSystem& types, types::TypeRef type, const std::string& path, std::uint64_t bits, Layout& layout,
             unsigned depth) {
  const auto structure = types.strip(type);
  for (const types::Member& member : types.describe(structure).members) {
    const auto inner = types.follow(structure, member.type);
    const auto stripped = types.strip(inner);
    const auto kind = types.describe(stripped).kind;
    const auto place = bits + member.bit_offset;
    const bool nested = kind == types::Kind::structure || kind == types::Kind::union_;
    if (!member.name.empty()) {
      const auto size = types.size_of(inner);
      layout[path + member.name] = fmt::format("{}:{} {} bytes, kind {}", place, member.bitfield_bits,
                                               size ? fmt::to_string(*size) : "?", static_cast<int>(kind));
    }
    if (nested && (member.name.empty() || depth > 0)) {
      const auto name = member.name.empty() ? path : path + member.name + '.';
      collect(types, inner, name, place, layout, member.name.empty() ? depth : depth - 1);
    }
  }
}

TEST_F(Crash, EveryMemberOfManyStructsLiesWhereBtfSays) {
  types::TypeSystem truth(8), asked(8);
  auto btf = types::BtfSource::open(files_->kernel);
  ASSERT_TRUE(btf) << btf.error().message;
  truth.add_source(std::move(*btf));
  asked.add_source(crash_->type_source());
  std::size_t members = 0, bitfields = 0;
  for (const auto* name : {"struct task_struct",
                           "struct mm_struct",
                           "struct page",
                           "struct sk_buff",
                           "struct module",
                           "struct inode",
                           "struct dentry",
                           "struct file",
                           "struct super_block",
                           "struct iphdr",
                           "struct tcphdr",
                           "struct tcp_sock",
                           "struct sock",
                           "struct net_device",
                           "struct bio",
                           "struct request",
                           "struct rq",
                           "struct cfs_rq",
                           "struct zone",
                           "struct pglist_data",
                           "struct kmem_cache",
                           "struct slab",
                           "struct cred",
                           "struct signal_struct",
                           "struct pt_regs",
                           "struct thread_info",
                           "struct list_head",
                           "struct rb_node",
                           "struct desc_struct",
                           "struct tss_struct",
                           "struct fs_context",
                           "struct mount",
                           "struct vfsmount",
                           "struct nsproxy",
                           "struct irq_desc",
                           "struct workqueue_struct",
                           "struct worker",
                           "struct timer_list",
                           "struct hrtimer",
                           "struct cgroup",
                           "struct perf_event",
                           "struct perf_event_attr",
                           "struct ftrace_event_field",
                           "struct trace_array",
                           "struct ring_buffer_per_cpu",
                           "struct vm_area_struct",
                           "struct address_space",
                           "struct swap_info_struct",
                           "struct file_lock",
                           "struct uts_namespace",
                           "struct pid",
                           "struct sched_entity",
                           "union bpf_attr",
                           "struct bpf_prog",
                           "struct printk_ringbuffer",
                           "struct kobject",
                           "struct device",
                           "struct gendisk",
                           "struct block_device",
                           "struct xarray",
                           "struct maple_node",
                           "atomic_t",
                           "spinlock_t"}) {
    const auto left = truth.find(name);
    ASSERT_TRUE(left) << name;
    const auto right = asked.find(name);
    ASSERT_TRUE(right) << name << ": " << right.error().message;
    Layout expected, found;
    collect(truth, *left, "", 0, expected, 2);
    collect(asked, *right, "", 0, found, 2);
    EXPECT_EQ(found.size(), expected.size()) << name;
    for (const auto& [path, place] : expected) {
      ++members;
      if (place.find(":0 ") == place.npos) ++bitfields;
      EXPECT_EQ(found[path], place) << name << " ." << path;
    }
    EXPECT_EQ(asked.size_of(*right).value_or(0), truth.size_of(*left).value_or(1)) << name;
  }
  EXPECT_GT(members, 3000U);
  EXPECT_GT(bitfields, 100U);
}

TEST_F(Crash, WalksTheTasksOfTheGuest) {
  types::TypeSystem types(crash_->pointer_bytes());
  types.add_source(crash_->type_source());
  const auto task = types.find("struct task_struct").value();
  const auto text = types.find("char *").value();
  const auto number = types.find("int").value();
  const auto tasks = types.member(task, "tasks").value().bit_offset / 8;
  std::set<std::string> found;
  const auto first = crash_->symbol_address("init_task").value() + tasks;
  auto at = VirtualAddress{word_at(first)};
  for (int count = 0; at != first && count < 10000; ++count) {
    const types::Object object{at - tasks, task};
    const auto get = [&](const char* path, types::TypeRef as) {
      return types::read_value_as(*crash_, types, types::walk_path(*crash_, types, object, path).value(), as).value();
    };
    found.insert(
        fmt::format("{} {}", std::get<std::int64_t>(get("pid", number)), std::get<std::string>(get("comm", text))));
    at = VirtualAddress{word_at(at)};
  }
  std::istringstream lines(contents(files_->folder / "truth/tasks"));
  std::string line;
  std::getline(lines, line);
  std::size_t processes = 0, named = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string pid, tgid, parent, state, name;
    words >> pid >> tgid >> parent >> state;
    std::getline(words >> std::ws, name);
    if (pid != tgid) continue;
    ++processes;
    // The guest appends a kworker's work to its name.
    const auto match = std::find_if(found.begin(), found.end(),
                                    [&](const std::string& entry) { return entry.starts_with(pid + ' '); });
    EXPECT_NE(match, found.end()) << line;
    if (match != found.end() && (pid + ' ' + name).starts_with(*match)) ++named;
  }
  EXPECT_GT(processes, 40U);
  EXPECT_EQ(named, processes);
  EXPECT_EQ(found.size(), processes);
}

TEST_F(Crash, AbsentPagesAreSaidByTheirFirstByte) {
  const auto base = VirtualAddress{word_at(crash_->symbol_address("page_offset_base").value())};
  std::array<std::byte, 16> bytes;
  bool before_readable = false;
  for (std::uint64_t page = 1; page < 50000; ++page) {
    const auto at = base + page * 4096;
    const auto read = crash_->read(at, bytes);
    if (!read && read.error().code == ErrorCode::page_excluded && before_readable) {
      EXPECT_EQ(read.error().address, at.value);
      EXPECT_THAT(read.error().message, HasSubstr("page excluded from the dump"));
      for (const std::uint64_t reach : {8U, 5U, 1U}) {
        const auto across = crash_->read(at - reach, bytes);
        ASSERT_FALSE(across);
        EXPECT_EQ(across.error().code, ErrorCode::page_excluded);
        EXPECT_EQ(across.error().address, at.value) << "from " << reach << " bytes before";
      }
      return;
    }
    before_readable = read.has_value();
  }
  FAIL() << "no page is excluded";
}

TEST_F(Crash, CommandTableFollowsAliasAndExtend) {
  EXPECT_FALSE(crash_->has_command("kp"));
  run("alias kp kmem -p");
  EXPECT_TRUE(crash_->has_command("kp"));
  run("alias kp \"\"");
  EXPECT_FALSE(crash_->has_command("kp"));
  // What crash itself lists is what the static table says before it is up.
  const CrashCommands shipped;
  const auto listed = crash_->commands();
  for (const auto& word : listed)
    EXPECT_TRUE(shipped.contains(word)) << word;
  EXPECT_GT(listed.size(), 60U);
}

TEST_F(Crash, InterruptsAreSurvivedAtAnyMoment) {
  const auto pid = children();
  ASSERT_EQ(pid.size(), 1U);
  const std::string expected = run("sym init_task");
  std::mt19937 random(1);
  unsigned interrupted = 0;
  for (int time = 0; time < 45; ++time) {
    const auto delay = std::chrono::microseconds(random() % 4000);
    const auto* line = time % 3 == 0 ? "repeat sym init_task" : time % 3 == 1 ? "gdb ptype /o struct page" : "kmem -s";
    cancel_after(delay, [&] { run(line); });
    if (error_.code == ErrorCode::interrupted) ++interrupted;
    EXPECT_EQ(run("sym init_task"), expected) << time;
    EXPECT_EQ(error_.message, "none") << time;
  }
  EXPECT_GE(interrupted, 10U);
  EXPECT_EQ(children(), pid) << "it was started again";
}

TEST_F(Crash, DeathAndStopDuringACommandAreOneLineAndMended) {
  // Does it once the command prints.
  class OutputThatHits final : public Output {
   public:
    OutputThatHits(pid_t pid, int signal) : pid_(pid), signal_(signal) {}
    bool write(std::string_view written) override {
      if (text.empty()) ::kill(pid_, signal_);
      text += written;
      return true;
    }
    std::string text;

   private:
    pid_t pid_;
    int signal_;
  };
  const std::string expected = run("sym init_task");
  for (const auto& [signal, word] :
       {std::pair{SIGKILL, "was killed by SIGKILL"}, {SIGSTOP, "was stopped by SIGSTOP"}}) {
    const auto pid = children();
    ASSERT_EQ(pid.size(), 1U);
    OutputThatHits output(pid.front(), signal);
    const auto result = crash_->run("repeat sym init_task", output);
    EXPECT_THAT(output.text, HasSubstr(expected)) << "what came before is delivered";
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::debugger_died);
    EXPECT_EQ(result.error().message, fmt::format("crash {}; the next debugger command starts it again", word));
    EXPECT_EQ(run("sym init_task"), expected);
  }
}

TEST(CrashStart, MapOfAMovedKernelIsLeftOutOrExplained) {
  const Files files("sysrq-6.1");
  ASSERT_TRUE(files.complete());
  const auto role_of = [&](const std::string& file) {
    return file == files.map ? FileRole::map : file == files.kernel ? FileRole::kernel : FileRole::dump;
  };
  const Cancellation cancellation;
  const auto start = [&](bool hand_on_map) {
    CrashOptions options;
    options.arguments = sort_crash_arguments({files.map, files.kernel, files.dump()}, role_of, hand_on_map).arguments;
    CrashAdapter crash(std::move(options), cancellation);
    StringOutput output;
    const auto result = crash.run("sym init_task", output);
    return result ? output.take() : result.error().message;
  };
  const auto with = start(true);
  EXPECT_THAT(with, HasSubstr("crash cannot open this dump: "));
  // Which reason depends on how far the kernel was moved.
  EXPECT_THAT(with, testing::Not(HasSubstr("it gives no reason")));
  EXPECT_THAT(start(false), HasSubstr("(D) init_task"));
}

TEST(CrashStart, KernelItCannotOpenHasAReason) {
  const Files files("sysrq-6.12");
  ASSERT_TRUE(files.complete());
  const Cancellation cancellation;
  CrashOptions options;
  options.arguments = {files.kernel, files.dump()};
  CrashAdapter crash(std::move(options), cancellation);
  StringOutput output;
  const auto first = crash.run("sym init_task", output);
  if (first) GTEST_SKIP() << "this crash opens 6.12";
  EXPECT_EQ(first.error().code, ErrorCode::debugger_refused);
  EXPECT_TRUE(crash.refused());
  EXPECT_THAT(first.error().message, HasSubstr("crash cannot open this dump: seek error: kernel virtual address"));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(crash.run("bt", output).error().message, first.error().message);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s) << "started again";
  EXPECT_EQ(output.text(), "");
}

}  // namespace
}  // namespace alicia::debugger
