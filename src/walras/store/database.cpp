#include "walras/store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::store {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(database.database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    statement_.reset(statement);
    if (code != SQLITE_OK) { database.fail("read"); }
}

Statement& Statement::bind(int place, std::int64_t value) {
    if (sqlite3_bind_int64(statement_.get(), place, value) != SQLITE_OK) { database_->fail("write"); }
    return *this;
}

Statement& Statement::bind(int place, double value) {
    if (sqlite3_bind_double(statement_.get(), place, value) != SQLITE_OK) { database_->fail("write"); }
    return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
    const int code =
        sqlite3_bind_text(statement_.get(), place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    if (code != SQLITE_OK) { database_->fail("write"); }
    return *this;
}

Statement& Statement::bind_null(int place) {
    if (sqlite3_bind_null(statement_.get(), place) != SQLITE_OK) { database_->fail("write"); }
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) { return true; }
    if (code != SQLITE_DONE) { database_->fail("use"); }
    return false;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const {
    return is_null(column) ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return bytes == nullptr ? std::string_view{} : std::string_view{static_cast<const char*>(bytes), size};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Database::Database(std::filesystem::path path, Access access) : path_(std::move(path)) {
    if (access == Access::read && !std::filesystem::exists(path_)) {
        throw DataError(fmt::format("{}: the file does not exist; name a recording", path_.string()));
    }
    sqlite3* database = nullptr;
    const int flags = access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(path_.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK && access == Access::read) {  // what lies where we may not write, and has no log beside it
        sqlite3_close(database);
        code = sqlite3_open_v2(path_.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    }
    database_.reset(database);
    if (code != SQLITE_OK) { fail("open"); }
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, 30'000);
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) { fail("use"); }
}

std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(database_.get()); }

std::int64_t Database::integer_of(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

void Database::fail(std::string_view doing) const {
    const int code = database_ ? sqlite3_errcode(database_.get()) : SQLITE_NOMEM;
    const char* remedy = "check the path and its permissions";
    switch (code & 0xff) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT: remedy = "it is no recording, or a damaged one; name another file"; break;
        case SQLITE_FULL: remedy = "make room on the disk; what was committed is kept"; break;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: remedy = "another process writes it; wait for it, or record into another file"; break;
        case SQLITE_ERROR: remedy = "it is no recording of this version"; break;
        default: break;
    }
    throw DataError(fmt::format("{}: cannot {} it ({}); {}", path_.string(), doing,
                                database_ ? sqlite3_errmsg(database_.get()) : "out of memory", remedy));
}

}  // namespace walras::store
