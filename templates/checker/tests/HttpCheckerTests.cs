using Mandos.PluginContracts.Checking;
namespace My.Checker_1;
public class T { [Fact] public void A() { Assert.NotEmpty(CheckerContract.Checks(() => new HttpChecker(null!))); }}
