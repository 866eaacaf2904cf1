# Every function, type and variable of the public headers has a comment; undocumented.awk says what counts.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
list=$KITINET_SOURCE/tests/house/undocumented.awk
# It finds what has none.
cat > example.h <<'END'
/* Head. */
typedef struct _p_KNThing *KNThing;

/* Described, both. */
int KNOne(int a,
          int b);
int KNTwo(void);

int KNThree(void);
typedef enum { A, B } KNChoice; /* described behind */

extern const char *const KNNames[];
typedef struct {
  int a; /* described inside */
} KNInside;

typedef struct {
  int a;
} KNOutside;

static inline int KNFour(void)
{
  return 4;
}
END
awk -f "$list" example.h > found
printf '%s\n' "example.h:9: KNThree" "example.h:12: KNNames" "example.h:17: KNOutside" "example.h:21: KNFour" > expected
diff expected found > message || fail "undocumented.awk: $(cat message)"
(cd "$KITINET_SOURCE" && awk -f "$list" include/kitinet/*.h) > found
[ ! -s found ] || fail "without a description: $(cat found)"
