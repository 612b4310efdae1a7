#include "base/error.h"

#include <cerrno>
#include <system_error>

#include "base/str_cat.h"

namespace ignite {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kUntrusted:
      return "untrusted";
    case ErrorCode::kNotAddressed:
      return "not-addressed";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kTruncated:
      return "truncated";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kRefused:
      return "refused";
    case ErrorCode::kNoSpace:
      return "no-space";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

std::optional<ErrorCode> ParseErrorCode(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    if (ErrorCodeName(static_cast<ErrorCode>(code)) == name) return static_cast<ErrorCode>(code);
  }
  return std::nullopt;
}

Error Error::With(std::string_view context) && {
  cause = StrCat(context, ": ", cause);
  return std::move(*this);
}

Error Error::WithRemedy(std::string_view better) && {
  remedy = better;
  return std::move(*this);
}

std::string Error::ToString() const {
  return remedy.empty() ? cause : StrCat(cause, " (", remedy, ")");
}

Error SystemError(std::string_view doing, int error_number) {
  std::string cause = StrCat(doing, ": ", std::generic_category().message(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kNoSpace, std::move(cause),
              "free space on that file system and try again"};
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::kNotFound, std::move(cause), "check the path"};
    case EACCES:
    case EPERM:
      return {ErrorCode::kIo, std::move(cause),
              "run as root, or check the owner and mode of the path"};
    case EROFS:
      return {ErrorCode::kIo, std::move(cause), "remount the file system read-write"};
    default:
      return {ErrorCode::kIo, std::move(cause),
              "check the disk and the kernel log, then try again"};
  }
}

}  // namespace ignite
