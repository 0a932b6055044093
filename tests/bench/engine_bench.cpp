// SPDX-License-Identifier: GPL-3.0-or-later
// How fast the engine answers, without Perl: opening, symbols, reads, members. Usage: engine_bench DUMP [benchmark
// options].
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "target/target.hpp"
#include "types/value.hpp"

namespace {

using alicia::VirtualAddress;
using alicia::target::Target;

std::string dump_file;  // NOLINT: set once by main, before any benchmark runs

template <class T>
T demand(alicia::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}

std::unique_ptr<Target> open_target() {
  alicia::Cancellation never;
  alicia::target::Files files;
  files.dump = {dump_file};
  return demand(Target::open(files, never));
}

Target& shared_target() {
  static const std::unique_ptr<Target> target = open_target();
  return *target;
}

void open_dump(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(open_target());
}
BENCHMARK(open_dump)->Unit(benchmark::kMillisecond);

void open_and_read_first_task(benchmark::State& state) {
  for (auto _ : state) {
    const auto target = open_target();
    const VirtualAddress address = demand(target->symbol("init_task")).address;
    auto& types = target->types();
    const auto place = demand(
        alicia::types::walk_path(target->memory(), types, {address, demand(types.find("struct task_struct"))}, "comm"));
    benchmark::DoNotOptimize(
        demand(alicia::types::read_value_as(target->memory(), types, place, demand(types.find("char *")))));
  }
}
BENCHMARK(open_and_read_first_task)->Unit(benchmark::kMillisecond);

void find_symbol(benchmark::State& state) {
  Target& target = shared_target();
  for (auto _ : state)
    benchmark::DoNotOptimize(target.symbol("linux_banner"));
}
BENCHMARK(find_symbol);

void read_8_bytes_cached(benchmark::State& state) {
  Target& target = shared_target();
  const VirtualAddress address = demand(target.symbol("linux_banner")).address;
  std::array<std::byte, 8> bytes{};
  for (auto _ : state)
    benchmark::DoNotOptimize(target.memory().read(address, bytes).has_value());
}
BENCHMARK(read_8_bytes_cached)->ThreadRange(1, 2);

/// Addresses of the pages of the kernel's data, in an order that no prefetcher guesses.
const std::vector<VirtualAddress>& pages_of_data() {
  static const std::vector<VirtualAddress> pages = [] {
    Target& target = shared_target();
    const VirtualAddress begin = demand(target.symbol("__start_rodata")).address;
    const std::uint64_t count = (demand(target.symbol("__end_rodata")).address - begin) / 4096;
    std::vector<VirtualAddress> found;
    for (std::uint64_t page = 0; page < count; ++page)
      found.push_back(begin + page * 617 % count * 4096);
    return found;
  }();
  return pages;
}

/// Each thread goes over the same pages, from another one on.
void read_pages(benchmark::State& state, const Target& target, std::size_t length) {
  const auto& pages = pages_of_data();
  std::vector<std::byte> bytes(length);
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * pages.size() / 2;
  for (auto _ : state) {
    benchmark::DoNotOptimize(target.memory().read(pages[at], bytes).has_value());
    if (++at == pages.size()) at = 0;
  }
}

void read_8_bytes_of_many_pages(benchmark::State& state) {
  read_pages(state, shared_target(), 8);
}
BENCHMARK(read_8_bytes_of_many_pages)->ThreadRange(1, 2);

void unpack_pages(benchmark::State& state) {
  // Whole pages aren't kept: in a target of which nothing else is read each is unpacked anew.
  static const std::unique_ptr<Target> target = open_target();
  read_pages(state, *target, 4096);
}
BENCHMARK(unpack_pages)->ThreadRange(1, 2);

void read_one_member(benchmark::State& state) {
  Target& target = shared_target();
  auto& types = target.types();
  const alicia::types::Object task{demand(target.symbol("init_task")).address,
                                   demand(types.find("struct task_struct"))};
  for (auto _ : state) {
    benchmark::DoNotOptimize(alicia::types::read_value(
        target.memory(), types, demand(alicia::types::walk_path(target.memory(), types, task, "pid"))));
  }
}
BENCHMARK(read_one_member);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: engine_bench DUMP [--benchmark_filter=…]\n");
    return 2;
  }
  dump_file = argv[1];
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
