// Cells of a delimited text: without their blanks, and as an error shows them.
#pragma once

#include <string>
#include <string_view>

namespace walras::codec {

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) { text.remove_prefix(1); }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

inline std::string show(std::string_view text) {
    std::string out = "'";
    for (const char c : text.substr(0, 60)) { out += c >= ' ' && c != 127 ? c : '?'; }
    return out + (text.size() > 60 ? "...'" : "'");
}

}  // namespace walras::codec
