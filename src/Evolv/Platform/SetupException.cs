namespace Evolv.Platform;

/// <summary>
/// Something that the operator can mend: a wrong setting, a missing package, a taken port. Its message is one line that
/// says what is wrong, why, and what to do; it is printed without a stack trace and ends the program with code 1.
/// </summary>
sealed class SetupException(string message) : Exception(message);
