/* part_memory: what several uploads of one stream keep, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "part_memory.h"

static void
test_shared(void **state)
{
	struct part_memory *memory = part_memory_new();
	struct part_block *a = part_memory_take(memory, 0, 8);
	struct part_block *b = part_memory_take(memory, 0, 8);

	(void)state;
	assert_ptr_equal(a, b);
	part_block_fill(a, 0, "abcde", 5);
	/* Less, as much, more than is known. */
	part_block_fill(b, 0, "abc", 3);
	part_block_fill(b, 3, "de", 2);
	part_block_fill(b, 3, "defgh", 5);
	assert_int_equal(a->filled, 8);
	assert_memory_equal(a->data, "abcdefgh", 8);
	/* Another place, and another size, are other blocks. */
	struct part_block *next = part_memory_take(memory, 8, 8);
	struct part_block *large = part_memory_take(memory, 0, 16);

	assert_ptr_not_equal(next, a);
	assert_ptr_not_equal(large, a);
	part_memory_give(memory, a);
	assert_ptr_equal(part_memory_take(memory, 0, 8), b);
	part_memory_give(memory, b);
	part_memory_give(memory, b);
	part_memory_give(memory, next);
	part_memory_give(memory, large);
	part_memory_give(memory, NULL);
	part_memory_free(memory);
}

static void
test_reused(void **state)
{
	struct part_memory *memory = part_memory_new();
	struct part_block *first = part_memory_take(memory, 0, 8);
	struct part_block *second = part_memory_take(memory, 8, 8);

	(void)state;
	part_block_fill(first, 0, "abcdefgh", 8);
	part_memory_give(memory, first);
	/* The same memory, and empty, even at a place that it had. */
	struct part_block *again = part_memory_take(memory, 0, 8);

	assert_ptr_equal(again, first);
	assert_int_equal(again->filled, 0);
	part_memory_give(memory, again);
	struct part_block *other = part_memory_take(memory, 0, 4);

	assert_ptr_not_equal(other, again);
	part_memory_give(memory, second);
	part_memory_give(memory, other);
	part_memory_free(memory);
	part_memory_free(NULL);
}

/* Once for all its users; anew when the memory holds other bytes. */
static void
test_hashed(void **state)
{
	struct part_memory *memory = part_memory_new();
	struct part_block *block = part_memory_take(memory, 0, 8);

	(void)state;
	part_block_fill(block, 0, "abc", 3);
	const struct s3_digests *digests = part_block_hash(block);

	assert_string_equal(digests->sha256, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(digests->md5, "kAFQmDzST7DWlj99KOF/cg==");
	assert_ptr_equal(part_block_hash(block), digests);
	part_memory_give(memory, block);
	block = part_memory_take(memory, 8, 8);
	part_block_fill(block, 0, "abd", 3);
	assert_string_equal(part_block_hash(block)->sha256,
	    "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9");
	part_memory_give(memory, block);
	part_memory_free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_reused),
		cmocka_unit_test(test_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
