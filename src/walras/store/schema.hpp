// What a recording holds. One file, many runs: simulations, backtests, live sessions.
//
// Prices and quantities are whole numbers of the symbol's `price_unit` and `lot_unit`, which are money and units in
// 1e-9. Trades lie in `trade_batches`, one row for what a symbol traded at one time, as a JSON array of
// [nanoseconds after ts, price, quantity, buyer, seller, side] (side 1: the buyer took, -1: the seller, 0: nobody);
// the view `trades` shows them one by one, in money, to any program that reads SQLite.
#pragma once

#include "walras/store/database.hpp"

namespace walras::store {

inline constexpr std::int64_t schema_version = 1;

// Makes the tables in a file that has none. Throws DataError where the file is another program's, or of another
// version.
void prepare_schema(Database& database);
// Throws DataError where it is no recording of this version.
void require_schema(Database& database);

}  // namespace walras::store
