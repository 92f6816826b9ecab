// SQLite as C++: a connection and its prepared statements. Everything throws DataError with the file's name and what
// SQLite said. One thread at a time uses a connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace walras::store {

class Database;

// A prepared statement. Columns and parameters count as SQLite's: parameters from 1, columns from 0.
class Statement {
public:
    Statement& bind(int place, std::int64_t value);
    Statement& bind(int place, double value);            // NaN becomes NULL
    Statement& bind(int place, std::string_view value);  // must outlive the step
    Statement& bind_null(int place);

    bool step();  // true: there is a row
    void reset();
    // Runs it to its end and makes it ready for the next values.
    void run() {
        while (step()) {}
        reset();
    }

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;            // NaN for NULL
    [[nodiscard]] std::string_view text(int column) const;  // until the next step; "" for NULL
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(Database& database, std::string_view sql);
    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
public:
    enum class Access : std::uint8_t { read, write };  // write creates the file where there is none

    Database(std::filesystem::path path, Access access);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const char* sql);
    [[nodiscard]] Statement prepare(std::string_view sql) { return {*this, sql}; }
    [[nodiscard]] std::int64_t last_row_id() const;
    [[nodiscard]] std::int64_t integer_of(std::string_view sql);  // the first column of the first row, 0 without one
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    friend class Statement;
    [[noreturn]] void fail(std::string_view doing) const;
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace walras::store
