// The time of receipt in front of a recorded message, as recorders write it:
//
//   1723161255030314667 {json}         hftbacktest's collector: nanoseconds; micro-, milliseconds and seconds by size
//   1633998512.0633569: {json}         cryptofeed: seconds
//   https://... -> 1633998512.3: {json}   cryptofeed, the answer to a request
//   {json}                             none
#pragma once

#include <optional>
#include <string_view>

#include "walras/core/time.hpp"

namespace walras::codec {

struct Receipt {
    bool is_message = false;           // false: a line of the recorder's own, or an empty one
    std::optional<TimeNs> local;       // when it reached the recorder
    std::string_view url;              // of the request that it answers
    std::string_view json;
};

// None: the line is none of these.
std::optional<Receipt> split_receipt(std::string_view line);

// An epoch as nanoseconds; its size says whether it counts s, ms, us or ns.
TimeNs epoch_ns(std::uint64_t epoch);

}  // namespace walras::codec
