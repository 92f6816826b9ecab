#include "walras/core/check.hpp"

#include <fmt/format.h>

#include "walras/core/error.hpp"

namespace walras::core {

void fail_check(std::string_view condition, std::string_view file, int line, const std::string& message) {
    const auto slash = file.rfind("walras/");
    throw InvariantError(fmt::format("Invariant broken: {} ({} at {}:{}). This is a bug in Walras; please report it.",
                                     message, condition, slash == std::string_view::npos ? file : file.substr(slash),
                                     line));
}

}  // namespace walras::core
