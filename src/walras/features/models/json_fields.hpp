// The members of a JSON object, each asked for by name; what is unknown, twice there, missing or of another type is a
// DataError with its place. Private to the reading of models; simdjson stays in .cpp files.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "walras/core/error.hpp"
#include "walras/core/schema.hpp"

namespace walras::features::detail {

using Json = simdjson::dom::element;

// Where a value stands: a chain of keys and numbers that borrows its links, text only when something is wrong.
class Place {
public:
    explicit Place(std::string_view name) : key_(name) {}
    Place operator[](std::size_t index) const { return {this, {}, index}; }
    Place operator/(std::string_view key) const { return {this, key, 0}; }
    [[nodiscard]] std::string text() const {
        if (up_ == nullptr) { return std::string(key_); }
        const std::string above = up_->text();
        if (key_.empty()) { return fmt::format("{}[{}]", above, index_); }
        return fmt::format("{}{}{}", above, up_->up_ == nullptr ? " " : ".", key_);
    }

private:
    Place(const Place* up, std::string_view key, std::size_t index) : up_(up), key_(key), index_(index) {}
    const Place* up_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
};

[[noreturn]] inline void fail_at(const Place& where, const std::string& fact) {
    throw DataError(fmt::format("{} {}", where.text(), fact));
}

inline std::string_view kind_of(const Json& value) {
    switch (value.type()) {
        case simdjson::dom::element_type::ARRAY: return "a list";
        case simdjson::dom::element_type::OBJECT: return "an object";
        case simdjson::dom::element_type::STRING: return "text";
        case simdjson::dom::element_type::BOOL: return "true or false";
        case simdjson::dom::element_type::NULL_VALUE: return "null";
        default: return "a number";
    }
}

inline double number_of(const Json& value, const Place& where) {
    double out = 0;
    if (value.get_double().get(out) != simdjson::SUCCESS || !std::isfinite(out)) {
        fail_at(where, fmt::format("is {}; it must be a finite number.", kind_of(value)));
    }
    return out;
}

inline std::int64_t integer_of(const Json& value, const Place& where, std::int64_t least, std::int64_t most) {
    std::int64_t out = 0;
    if (value.get_int64().get(out) != simdjson::SUCCESS) {
        fail_at(where, fmt::format("is {}; it must be a whole number.", kind_of(value)));
    }
    if (out < least || out > most) { fail_at(where, fmt::format("= {} must be {} to {}.", out, least, most)); }
    return out;
}

inline std::string_view text_of(const Json& value, const Place& where) {
    std::string_view out;
    if (value.get_string().get(out) != simdjson::SUCCESS) {
        fail_at(where, fmt::format("is {}; it must be text.", kind_of(value)));
    }
    return out;
}

inline simdjson::dom::array list_of(const Json& value, const Place& where, std::size_t least, std::size_t most) {
    simdjson::dom::array out;
    if (value.get_array().get(out) != simdjson::SUCCESS) {
        fail_at(where, fmt::format("is {}; it must be a list.", kind_of(value)));
    }
    // dom::array::size() stops counting at 2^24 - 1.
    const std::size_t size = out.size();
    if (size < least || size > most) {
        fail_at(where, least == most ? fmt::format("has {} entries; it must have {}.", size, least)
                                     : fmt::format("has {} entries; it must have {} to {}.", size, least, most));
    }
    return out;
}

// f(entry, its number)
void each(const simdjson::dom::array& list, auto&& f) {
    std::size_t i = 0;
    for (const Json entry : list) { f(entry, i++); }
}

inline std::vector<double> numbers_of(const Json& value, const Place& where, std::size_t count) {
    std::vector<double> out;
    out.reserve(count);
    each(list_of(value, where, count, count),
         [&](const Json& entry, std::size_t i) { out.push_back(number_of(entry, where[i])); });
    return out;
}

class Fields {
public:
    Fields(const Json& value, const Place& where, const std::vector<std::string_view>& known) : where_(where) {
        simdjson::dom::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) {
            fail_at(where_, fmt::format("is {}; it must be an object.", kind_of(value)));
        }
        for (const auto& [key, item] : object) {
            if (std::ranges::find(known, key) == known.end()) {
                fail_at(where_, fmt::format("has an unknown key \"{}\"{}; remove it.", key.substr(0, 64),
                                            core::did_you_mean(key.substr(0, 64), known)));
            }
            if (find(key) != nullptr) { fail_at(where_, fmt::format("has the key \"{}\" twice; keep one.", key)); }
            fields_.emplace_back(key, item);
        }
    }

    [[nodiscard]] const Json* find(std::string_view key) const {
        for (const auto& [name, value] : fields_) {
            if (name == key) { return &value; }
        }
        return nullptr;
    }
    [[nodiscard]] const Json& need(std::string_view key) const {
        const Json* value = find(key);
        if (value == nullptr) { fail_at(where_, fmt::format("lacks the key \"{}\"; add it.", key)); }
        return *value;
    }
    [[nodiscard]] Place at(std::string_view key) const { return where_ / key; }

private:
    Place where_;
    std::vector<std::pair<std::string_view, Json>> fields_;
};

}  // namespace walras::features::detail
