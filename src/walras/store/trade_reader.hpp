// The trades of a recorded run, in pieces, as columns. Memory stays flat however long the run was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "walras/store/database.hpp"

namespace walras::store {

struct TradeColumns {
    std::vector<std::int64_t> ts, tick;
    std::vector<std::uint32_t> symbol;
    std::vector<double> price, quantity;  // money, units
    std::vector<std::int64_t> buyer, seller;
    std::vector<std::int8_t> side;

    [[nodiscard]] std::size_t size() const { return ts.size(); }
};

class TradeReader {
public:
    struct Choice {
        std::optional<std::uint32_t> symbol{};
        std::int64_t first_tick = 0;
        std::int64_t last_tick = std::numeric_limits<std::int64_t>::max();
    };
    // Throws DataError where the file is no recording or has no such run.
    TradeReader(const std::filesystem::path& path, std::int64_t run, const Choice& choice);

    // At least `rows` trades if there are so many, appended; false where nothing is left. DataError for damaged rows.
    bool read(std::size_t rows, TradeColumns& out);

private:
    void append_rows(std::string_view rows, std::int64_t ts, std::int64_t tick, std::uint32_t symbol,
                     TradeColumns& out) const;
    struct Units {
        std::int64_t price = 1, lot = 1;
    };
    Database database_;
    std::int64_t run_;
    std::vector<Units> units_;
    std::optional<Statement> batches_;
};

}  // namespace walras::store
