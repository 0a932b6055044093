// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>

namespace alicia::perl {

/// SIGINT while Perl runs: the host's handler still decides what an interrupt means; beside it, perl's own flag is
/// raised, so that a read() that the signal broke off is not simply begun again. Where the host has no handler, nothing
/// is done.
///
/// Perl replaces handlers behind the host's back (`local $SIG{INT}` leaves SIG_DFL when its scope ends): `renew` puts
/// this one back, and the end of the guard puts back the host's.
class SignalGuard {
 public:
  /// `pending` is perl's flag for its current interpreter; it has to outlive the guard.
  explicit SignalGuard(int* pending);
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  void renew() const;

 private:
  struct sigaction host_ {};
  struct sigaction wanted_ {};
};

}  // namespace alicia::perl
