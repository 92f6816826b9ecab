// A row of delimited text as cells, and the columns that a header names.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "walras/codec/csv_text.hpp"

namespace walras::codec {

class Delimited {
public:
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    // Cells without the blanks around them; quotes are no part of these formats.
    void split(std::string_view line, char delimiter = ',') {
        cells_.clear();
        for (;;) {
            const std::size_t at = line.find(delimiter);
            cells_.push_back(trim(line.substr(0, at)));
            if (at == std::string_view::npos) { return; }
            line.remove_prefix(at + 1);
        }
    }
    [[nodiscard]] std::size_t size() const { return cells_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t i) const { return i < cells_.size() ? cells_[i] : ""; }
    // Where the first of these names stands; npos: nowhere.
    [[nodiscard]] std::size_t find(std::initializer_list<std::string_view> names) const {
        for (const std::string_view name : names) {
            for (std::size_t i = 0; i < cells_.size(); ++i) {
                if (cells_[i] == name) { return i; }
            }
        }
        return npos;
    }

private:
    std::vector<std::string_view> cells_;
};

}  // namespace walras::codec
