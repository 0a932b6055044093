// SPDX-License-Identifier: GPL-3.0-or-later
//
// STDOUT is file descriptor 1 with one more layer on top (perliol(1)), which ends there: it collects what is printed
// and hands it to the session's Output instead of to the layers below. So a pipe or redirect that the shell makes by
// dup2, and a test's StringOutput, both get what scripts print; and perl's own flush before fork and system keeps it in
// order with what child processes write to the descriptor.
//
// A capture points the descriptor to a file in memory meanwhile, children's output included.
#include "perl/output_layer.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/output.hpp"
#include "perl/edge.hpp"

namespace alicia::perl {
namespace {

constexpr std::size_t kBufferBytes = 32768;

/// No member of its own: what is buffered lies in the State, so that handles duplicated from STDOUT keep their order.
struct Layer {
  PerlIOl base;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

bool drain(State& state) {
  if (state.buffer.empty()) return true;
  std::string text;
  text.swap(state.buffer);
  if (!state.captures.empty()) return write_all(STDOUT_FILENO, text);
  if (state.session.output().write(text)) return true;
  if (state.stop == Stop::none) state.stop = Stop::broken_pipe;
  errno = EPIPE;
  return false;
}

bool buffer_text(State& state, std::string_view text) {
  state.buffer.append(text);
  const bool full = state.buffer.size() >= kBufferBytes;
  const bool line = state.line_buffered && text.find('\n') != std::string_view::npos;
  return !(full || line) || drain(state);
}

IV on_pushed(pTHX_ PerlIO* handle, const char* mode, SV* argument, PerlIO_funcs* layer) {
  const IV code = PerlIOBase_pushed(aTHX_ handle, mode, argument, layer);
  // The layers below are perl's usual ones; what they say of writing holds here.
  PerlIOBase(handle)->flags |= PERLIO_F_CANWRITE;
  return code;
}

SSize_t on_write(pTHX_ PerlIO*, const void* bytes, Size_t count) {
  try {
    if (buffer_text(state_of(aTHX), {static_cast<const char*>(bytes), count})) return static_cast<SSize_t>(count);
  } catch (const std::exception&) {
    errno = ENOMEM;
  }
  return -1;
}

IV on_flush(pTHX_ PerlIO*) {
  return flush_output(state_of(aTHX)) ? 0 : -1;
}

IV on_close(pTHX_ PerlIO* handle) {
  // A script may close its STDOUT; file descriptor 1 is the shell's and stays open.
  return on_flush(aTHX_ handle);
}

PerlIO* on_open(pTHX_ PerlIO_funcs*, PerlIO_list_t*, IV, const char*, int, int, int, PerlIO*, int, SV**) {
  errno = EINVAL;  // the layer is not for files a script opens
  return nullptr;
}

PerlIO_funcs* layer_functions() {
  static PerlIO_funcs functions = [] {
    PerlIO_funcs made{};
    made.fsize = sizeof(PerlIO_funcs);
    made.name = const_cast<char*>("alicia");
    made.size = sizeof(Layer);
    made.kind = PERLIO_K_BUFFERED;
    made.Pushed = on_pushed;
    made.Popped = PerlIOBase_popped;
    made.Open = on_open;
    made.Binmode = PerlIOBase_binmode;
    made.Fileno = PerlIOBase_fileno;
    made.Dup = PerlIOBase_dup;
    made.Read = PerlIOBase_read;
    made.Unread = PerlIOBase_unread;
    made.Write = on_write;
    made.Close = on_close;
    made.Flush = on_flush;
    made.Eof = PerlIOBase_eof;
    made.Error = PerlIOBase_error;
    made.Clearerr = PerlIOBase_clearerr;
    made.Setlinebuf = PerlIOBase_setlinebuf;
    return made;
  }();
  return &functions;
}

bool has_layer(PerlIO* handle) {
  for (PerlIO* layer = handle; PerlIOValid(layer); layer = PerlIONext(layer)) {
    if (PerlIOBase(layer)->tab == layer_functions()) return true;
  }
  return false;
}

}  // namespace

void define_output_layer(pTHX) {
  PerlIO_define_layer(aTHX_ layer_functions());
}

void attach_output(pTHX) {
  IO* io = GvIOn(gv_fetchpvs("STDOUT", GV_ADD | GV_NOTQUAL, SVt_PVIO));
  PerlIO* handle = IoOFP(io);
  if (has_layer(handle)) return;
  if (handle != nullptr) {
    PerlIO_flush(handle);
    if (PerlIO_fileno(handle) != STDOUT_FILENO) {
      PerlIO_close(handle);
      handle = nullptr;
    }
  }
  if (handle == nullptr) handle = PerlIO_fdopen(STDOUT_FILENO, "w");
  IoIFP(io) = handle;
  IoOFP(io) = handle;
  IoTYPE(io) = IoTYPE_WRONLY;
  if (handle != nullptr) PerlIO_push(aTHX_ handle, layer_functions(), "w", nullptr);
}

void detach_output(pTHX_ State& state) {
  flush_output(state);
  IO* io = GvIOn(gv_fetchpvs("STDOUT", GV_ADD | GV_NOTQUAL, SVt_PVIO));
  PerlIO* handle = IoOFP(io);
  while (has_layer(handle))
    PerlIO_pop(aTHX_ handle);
}

bool flush_output(State& state) {
  try {
    return drain(state);
  } catch (const std::exception&) {
    errno = ENOMEM;
    return false;
  }
}

bool begin_capture(State& state) {
  flush_output(state);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
  const int file = memfd_create("alicia-capture", MFD_CLOEXEC);
  if (file < 0 || dup2(file, STDOUT_FILENO) < 0) {
    if (kept >= 0) close(kept);
    if (file >= 0) close(file);
    return false;
  }
  close(file);
  state.captures.push_back(kept);
  return true;
}

std::string end_capture(State& state) {
  std::string text;
  if (state.captures.empty()) return text;
  flush_output(state);
  std::array<char, 65536> part{};
  off_t at = 0;
  for (ssize_t count = 0; (count = pread(STDOUT_FILENO, part.data(), part.size(), at)) > 0; at += count) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  const int kept = state.captures.back();
  state.captures.pop_back();
  if (kept >= 0) {
    dup2(kept, STDOUT_FILENO);
    close(kept);
  } else {
    close(STDOUT_FILENO);  // it was closed before
  }
  return text;
}

void drop_captures(State& state) {
  while (!state.captures.empty())
    end_capture(state);
}

}  // namespace alicia::perl
