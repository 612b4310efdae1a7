// The only source of the project that uses libarchive.
#include "packager/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <linux/fs.h>
#include <locale.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/c_handle.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::packager {
namespace {

using Archive = CHandle<archive, archive_read_free>;

constexpr size_t kBlockSize = 128 * 1024;
constexpr std::string_view kPackageMark = "debian-binary";
constexpr std::string_view kCapabilities = "security.capability";
constexpr std::string_view kPackageData = "data.tar";
constexpr int kAnyAcl = ARCHIVE_ENTRY_ACL_TYPE_POSIX1E | ARCHIVE_ENTRY_ACL_TYPE_NFS4;
/// What the kernel calls an access control list.
constexpr std::string_view kAcl = "system.posix_acl_access";

/// libarchive translates names into the locale of the thread, and takes the times of zip archives
/// for local ones. UTF-8 leaves names as they are, UTC makes every machine read the same.
class NeutralPlace {
 public:
  NeutralPlace() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = uselocale(locale_);
    if (const char* zone = getenv("TZ")) zone_ = zone;
    SetZone("UTC0");
  }
  ~NeutralPlace() {
    SetZone(zone_ ? zone_->c_str() : nullptr);
    if (locale_ == nullptr) return;
    (void)uselocale(previous_);
    freelocale(locale_);
  }
  NeutralPlace(const NeutralPlace&) = delete;
  NeutralPlace& operator=(const NeutralPlace&) = delete;

 private:
  static void SetZone(const char* zone) {
    (void)(zone == nullptr ? unsetenv("TZ") : setenv("TZ", zone, 1));
    tzset();
  }

  locale_t locale_;
  locale_t previous_ = nullptr;
  std::optional<std::string> zone_;
};

std::string TextOf(const char* text) { return text == nullptr ? std::string() : text; }

Error Unreadable(std::string_view why) {
  return {ErrorCode::kCorrupt, StrCat("cannot be read as an archive: ", why),
          "give a folder, or a whole archive: tar, plain or compressed by gzip, bzip2, xz, zstd or "
          "lz4, zip, or a Debian package"};
}

Error Unreadable(archive* reader) {
  return Unreadable(Printable(TextOf(archive_error_string(reader))));
}

Archive MakeTarReader() {
  Archive reader(archive_read_new());
  (void)archive_read_support_format_tar(reader.get());
  (void)archive_read_support_filter_gzip(reader.get());
  (void)archive_read_support_filter_bzip2(reader.get());
  (void)archive_read_support_filter_xz(reader.get());
  (void)archive_read_support_filter_zstd(reader.get());
  (void)archive_read_support_filter_lz4(reader.get());
  return reader;
}

class LibarchiveReader : public ArchiveReader {
 public:
  Result<> OpenFile(const std::string& path) {
    reader_ = MakeTarReader();
    // By its directory at the end: only there do modes stand.
    (void)archive_read_support_format_zip_seekable(reader_.get());
    (void)archive_read_support_format_ar(reader_.get());
    if (archive_read_open_filename(reader_.get(), path.c_str(), kBlockSize) != ARCHIVE_OK)
      return Unreadable(reader_.get());
    TRY(Advance());
    return Format() == ARCHIVE_FORMAT_AR ? OpenPackage() : Result<>();
  }

  bool IsDebianPackage() const override { return package_.archive != nullptr; }

  Result<std::optional<ArchiveMember>> Next() override {
    if (!is_ahead_) TRY(Advance());
    is_ahead_ = false;
    if (header_ == nullptr) return std::optional<ArchiveMember>();
    return std::optional(MemberOf(header_));
  }

  Result<size_t> Read(std::span<std::byte> buffer) override {
    la_ssize_t got = archive_read_data(reader_.get(), buffer.data(), buffer.size());
    if (got >= 0) return static_cast<size_t>(got);
    return Error{ErrorCode::kCorrupt,
                 StrCat("cannot be read from the archive: ",
                        Printable(TextOf(archive_error_string(reader_.get())))),
                 "make or fetch the archive anew, whole and with a usual compression"};
  }

 private:
  int Format() const { return archive_format(reader_.get()) & ARCHIVE_FORMAT_BASE_MASK; }

  Result<> Advance() {
    int status = archive_read_next_header(reader_.get(), &header_);
    is_ahead_ = true;
    if (status == ARCHIVE_EOF) header_ = nullptr;
    // A warning means that some attribute was not understood, at worst the name, which is then
    // missing.
    if (status != ARCHIVE_EOF && status != ARCHIVE_OK && status != ARCHIVE_WARN)
      return Unreadable(reader_.get());
    return {};
  }

  /// Reads on within the member data.tar.* of the package, as deb(5) describes it.
  Result<> OpenPackage() {
    auto name = [&] {
      return header_ == nullptr ? std::string() : TextOf(archive_entry_pathname(header_));
    };
    if (name() != kPackageMark) return Unreadable("it is an ar archive and no Debian package");
    while (name() != kPackageData && !name().starts_with(StrCat(kPackageData, "."))) {
      if (header_ == nullptr) return Unreadable("the Debian package has no data.tar");
      TRY(Advance());
    }
    package_ = {std::exchange(reader_, MakeTarReader()), Bytes(kBlockSize)};
    if (archive_read_open(reader_.get(), this, nullptr, ReadPackage, nullptr) != ARCHIVE_OK)
      return Unreadable(reader_.get());
    return Advance();
  }

  static la_ssize_t ReadPackage(archive* reader, void* self, const void** block) noexcept {
    auto& [package, buffer] = static_cast<LibarchiveReader*>(self)->package_;
    *block = buffer.data();
    la_ssize_t got = archive_read_data(package.get(), buffer.data(), buffer.size());
    if (got < 0) archive_set_error(reader, EIO, "%s", archive_error_string(package.get()));
    return got;
  }

  ArchiveMember MemberOf(archive_entry* header) const {
    ArchiveMember member;
    member.type = TypeOf(header);
    member.name = TextOf(archive_entry_pathname(header));
    member.mode = archive_entry_perm(header) & 07777u;
    // What libarchive takes for the mode of a zip entry that has none.
    bool is_default = member.mode == 0664 || member.mode == 0775;
    if (Format() == ARCHIVE_FORMAT_ZIP && is_default) member.mode &= ~022u;
    member.mtime = {archive_entry_mtime(header),
                    static_cast<uint32_t>(archive_entry_mtime_nsec(header))};
    member.owner = TextOf(archive_entry_uname(header));
    member.uid = archive_entry_uid(header);
    member.gid = archive_entry_gid(header);
    member.group = TextOf(archive_entry_gname(header));
    bool is_hard_link = member.type == ArchiveMember::Type::kHardLink;
    member.target =
        TextOf(is_hard_link ? archive_entry_hardlink(header) : archive_entry_symlink(header));
    TakeAttributes(header, member);
    member.is_encrypted = archive_entry_is_encrypted(header) != 0;
    unsigned long set = 0;
    unsigned long clear = 0;
    archive_entry_fflags(header, &set, &clear);
    member.is_locked = (set & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
    return member;
  }

  static ArchiveMember::Type TypeOf(archive_entry* header) {
    using Type = ArchiveMember::Type;
    if (archive_entry_hardlink(header) != nullptr) return Type::kHardLink;
    switch (archive_entry_filetype(header)) {
      case AE_IFDIR:
        return Type::kDirectory;
      case AE_IFLNK:
        return Type::kSymlink;
      case AE_IFREG:
        return Type::kFile;
      default:
        return Type::kOther;
    }
  }

  static void TakeAttributes(archive_entry* header, ArchiveMember& member) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    (void)archive_entry_xattr_reset(header);
    while (archive_entry_xattr_next(header, &name, &value, &size) == ARCHIVE_OK) {
      const auto* bytes = static_cast<const std::byte*>(value);
      if (name == kCapabilities) member.capabilities.assign(bytes, bytes + size);
      member.attributes.emplace_back(name);
    }
    if (archive_entry_acl_count(header, kAnyAcl) > 0) member.attributes.emplace_back(kAcl);
  }

  /// Of a Debian package: the ar archive around the tar archive that reader_ reads.
  struct Package {
    Archive archive;
    Bytes buffer;
  };

  NeutralPlace place_;
  Package package_;
  Archive reader_;
  archive_entry* header_ = nullptr;  ///< Of the last Advance; null at the end.
  bool is_ahead_ = false;            ///< header_ was not given out yet.
};

}  // namespace

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::Open(const std::string& path) {
  auto reader = std::make_unique<LibarchiveReader>();
  TRY(reader->OpenFile(path));
  return std::unique_ptr<ArchiveReader>(std::move(reader));
}

}  // namespace ignite::packager
