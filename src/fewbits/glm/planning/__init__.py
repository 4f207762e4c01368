"""What a fit takes in memory and time, said before it starts and checked by trials."""
