// WALRAS_CHECK: an invariant that must hold in every build. A failure is a bug; it throws InvariantError with the
// place and the caller's message, so that Python users see an exception and never an abort.
#pragma once

#include <string>
#include <string_view>

namespace walras::core {

[[noreturn]] void fail_check(std::string_view condition, std::string_view file, int line, const std::string& message);

}  // namespace walras::core

#define WALRAS_CHECK(condition, message)                                                                          \
    do {                                                                                                          \
        if (!(condition)) [[unlikely]] { ::walras::core::fail_check(#condition, __FILE__, __LINE__, (message)); } \
    } while (false)
