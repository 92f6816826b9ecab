#include "walras/codec/json_text.hpp"

namespace walras::codec {

bool JsonText::boolean() {
    const std::string_view rest(p_, static_cast<std::size_t>(end_ - p_));
    for (const bool value : {true, false}) {
        const std::string_view word = value ? "true" : "false";
        if (rest.starts_with(word)) {
            p_ += word.size();
            return value;
        }
    }
    throw JsonFault{"there is neither true nor false"};
}

void JsonText::skip(int depth) {
    if (depth > 64) { throw JsonFault{"it is nested more than 64 deep"}; }
    const char first = next();
    if (first == '"') {
        (void)string();
    } else if (first == '{') {
        members([&](std::string_view) { skip(depth + 1); });
    } else if (first == '[') {
        elements([&] { skip(depth + 1); });
    } else {
        const char* from = p_;
        while (p_ < end_ && *p_ != ',' && *p_ != '}' && *p_ != ']' && *p_ != ' ') { ++p_; }
        if (p_ == from) { throw JsonFault{"a value is missing"}; }
    }
}

}  // namespace walras::codec
